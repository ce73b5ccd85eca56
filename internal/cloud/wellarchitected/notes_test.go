package wellarchitected

import (
	"strings"
	"testing"
	"unicode/utf16"
)

const block = begins + "\none\ntwo\n" + ends

func TestMerge(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", mostNotes-len(begins)-len(ends)-8)
	for _, row := range []struct {
		says, notes, want string
		whole             bool
	}{
		{"no notes yet", "", block, true},
		{"beside what people wrote", "see wiki", "see wiki\n" + block, true},
		{"in place of what stood there", begins + "\nold\n" + ends, block, true},
		{"what people wrote before and after it stays", "before\n" + begins + "\nold\n" + ends + "\nafter", "before\nafter\n" + block, true},
		{"several, as of somebody who copied one", begins + "\na\n" + ends + "\nmine\n" + begins + "\nb\n" + ends, "mine\n" + block, true},
		{"a mark that lost its end is people's", "mine\n" + begins + "\nold", "mine\n" + begins + "\nold\n" + block, true},
		{"a mark that lost its end, before one that did not", begins + "\nmine\n" + begins + "\nold\n" + ends, begins + "\nmine\n" + block, true},
		{"an end alone is people's", "mine " + ends, "mine " + ends + "\n" + block, true},
		{"room for one line", long, long + "\n" + begins + "\none\n…\n" + ends, false},
		{"room for none", strings.Repeat("x", mostNotes-10), strings.Repeat("x", mostNotes-10), false},
		{"people's text is as long as it may be, in two-part characters", strings.Repeat("😀", mostNotes/2), strings.Repeat("😀", mostNotes/2), false},
	} {
		got, whole := merge(row.notes, []string{"one", "two"})
		if got != row.want || whole != row.whole {
			t.Errorf("%s: got %q, whole %t", row.says, got, whole)
		}
	}
	if got, whole := merge("mine\n"+block, nil); got != "mine" || !whole {
		t.Errorf("without lines: %q, %t", got, whole)
	}
}

// FuzzMerge: it fits, doing it again changes nothing, and what people wrote without marks stands in it to the letter.
func FuzzMerge(f *testing.F) {
	f.Add("see wiki", "one")
	f.Add("mine\n"+block+"\nmore", "two")
	f.Add(begins+begins+ends+ends, "x")
	f.Fuzz(func(t *testing.T, notes, line string) {
		if len(utf16.Encode([]rune(notes))) > mostNotes || strings.Contains(line, begins) || strings.Contains(line, ends) || !strings.Contains(strings.ToValidUTF8(notes, ""), notes) {
			return
		}
		text, _ := merge(notes, []string{line, line})
		if n := len(utf16.Encode([]rune(text))); n > mostNotes {
			t.Errorf("%d characters", n)
		}
		if again, _ := merge(text, []string{line, line}); again != text {
			t.Errorf("done again it is %q, not %q", again, text)
		}
		if !strings.Contains(notes, begins) && !strings.HasPrefix(text, notes) {
			t.Errorf("%q lost something of %q", text, notes)
		}
	})
}
