package spend

import (
	"encoding/json"
	"os/exec"
	"testing"

	"offpeak/internal/fleet"
)

var hostile = []string{
	"plain", "", "it's", `"quoted"`, "$(touch x)", "`id`", "a b", "a;b", "-n", "--query", "*", "~", "new\nline", "tab\t", "결제-배치", "<script>", "\u202e", "a\\b", "!x", "{a,b}", "&", "|", "=x", "%s", "'''", `\'`,
}

// A shell takes each as the one word that it is.
func TestQuotedIsOneWord(t *testing.T) {
	t.Parallel()
	for _, text := range hostile {
		got, err := exec.CommandContext(t.Context(), "sh", "-c", "for word in "+quoted(text)+"; do printf '<%s>' \"$word\"; done").Output()
		if err != nil || string(got) != "<"+text+">" {
			t.Errorf("%q: a shell has it as %s, %v", text, got, err)
		}
	}
}

// What the CLI gets behind --tags is JSON that says the same.
func TestTagsAreJSON(t *testing.T) {
	t.Parallel()
	for _, text := range hostile {
		word := document([]map[string]string{{"Key": "k" + text, "Value": text}})
		out, err := exec.CommandContext(t.Context(), "sh", "-c", "printf '%s' "+word).Output()
		var got []map[string]string
		if err != nil || json.Unmarshal(out, &got) != nil || got[0]["Key"] != "k"+text || got[0]["Value"] != text {
			t.Errorf("%q: %s became %v, %v", text, word, got, err)
		}
	}
}

func TestWhatHasNoCommand(t *testing.T) {
	t.Parallel()
	if got := tagCommand(&thing{}, "k", "v"); got != "" {
		t.Errorf("a thing of no kind: %s", got)
	}
	for _, id := range []string{"", "eipalloc-", "eipalloc-0a1b; reboot", "x eipalloc-0a1b2c3d4e5f60718"} {
		if got := releaseCommand(id, "ap-northeast-2"); got != "" {
			t.Errorf("%q: %s", id, got)
		}
	}
	if got := deleteCommand(&fleet.Resource{Kind: fleet.RDSCluster}); got != "" {
		t.Errorf("a cluster: %s", got)
	}
}

func FuzzQuoted(f *testing.F) {
	for _, text := range hostile {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		word := quoted(text)
		if got := unquoted(word); got != text {
			t.Errorf("%q: %s is %q", text, word, got)
		}
	})
}

// unquoted reads a word as a POSIX shell does: in single quotes everything is itself, outside a backslash takes the next as it is.
func unquoted(word string) string {
	var text []byte
	within := false
	for i := 0; i < len(word); i++ {
		switch c := word[i]; {
		case c == '\'':
			within = !within
		case within:
			text = append(text, c)
		case c == '\\':
			i++
			text = append(text, word[i])
		default:
			text = append(text, c)
		}
	}
	return string(text)
}
