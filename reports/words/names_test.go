package words_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"offpeak/reports"
	"offpeak/reports/sample"
	"offpeak/reports/words"
)

func TestNamesAreMadeHarmless(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, give, want string }{
		{"an override of direction is shown and does nothing", "\u202eevil\u202c", "\uFFFDevil\uFFFD"},
		{"so is an isolate that would end ours", "a\u2069b", "a\uFFFDb"},
		{"a mark of direction", "a\u200fb", "a\uFFFDb"},
		{"rare characters stay", "𠮷野家🦀", "𠮷野家🦀"},
		{"Korean stays", "결제-배치 서버", "결제-배치 서버"},
		{"a tab and a line's end are spaces", "tab\there\nand\u2028there", "tab here and there"},
		{"an escape is shown", "\x1b[31mred", "\uFFFD[31mred"},
		{"what is no UTF-8 is shown", "a\xffb", "a\uFFFDb"},
		{"markup is left to whoever writes it", "<b>", "<b>"},
	} {
		if got := words.Plain(row.give); got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
	if got := words.Isolated("שלום"); got != "\u2068שלום\u2069" {
		t.Errorf("a name from right to left: %q", got)
	}
	if got := words.Isolated("web"); got != "web" {
		t.Errorf("a name from left to right: %q", got)
	}
	if got := words.Shortened("결제-배치 서버", 4); got != "결제-…" {
		t.Errorf("shortened: %q", got)
	}
}

func FuzzPlain(f *testing.F) {
	for _, name := range sample.Hostile {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := words.Isolated(name)
		if !utf8.ValidString(got) {
			t.Errorf("%q became %q, which is no UTF-8", name, got)
		}
		inner := strings.TrimSuffix(strings.TrimPrefix(got, "\u2068"), "\u2069")
		for _, r := range inner {
			if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
				t.Errorf("%q keeps %U", name, r)
			}
		}
		if again := words.Plain(inner); again != inner && strings.TrimSpace(inner) == inner {
			t.Errorf("%q became %q and then %q", name, inner, again)
		}
	})
}

func TestWhatThingsAreCalled(t *testing.T) {
	t.Parallel()
	for give, want := range map[string]string{
		"arn:aws:rds:ap-northeast-2:111111111111:db:dev-0002":         "dev-0002",
		"arn:aws:rds:ap-northeast-2:111111111111:cluster:주문":          "주문",
		"arn:aws:ec2:us-east-1:111111111111:instance/i-0123456789abc": "i-0123456789abc",
		"vol-0123456789abc": "vol-0123456789abc", "a/b": "a/b", "arn:aws:s3:::": "arn:aws:s3:::", "": "",
	} {
		if got := words.Called(give); got != want {
			t.Errorf("%q is called %q, want %q", give, got, want)
		}
	}
	w := words.In(words.Korean)
	for _, row := range []struct {
		action reports.Action
		want   string
	}{
		{reports.Action{Code: "commitment", Name: "reserved-instances"}, "예약 인스턴스"},
		{reports.Action{Code: "commitment", Name: "savings-plan"}, "Savings Plans"},
		{reports.Action{Code: "idle-schedule", Name: "savings-plan", ARN: "arn:aws:ec2:us-east-1:111111111111:instance/i-1"}, "savings-plan"}, // a machine that somebody called so
		{reports.Action{Code: "idle-schedule", Name: "web"}, "web"},
	} {
		if got := w.ActionName(&row.action); got != row.want {
			t.Errorf("%+v is called %q, want %q", row.action, got, row.want)
		}
	}
}

// TestByHowMuchACommitmentChanges stands in what is proposed: who decides reads no JSON.
func TestByHowMuchACommitmentChanges(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ detail, english, korean string }{
		{"-3.273846", "Change the commitment: $3.27 an hour less", "약정 조정: 시간당 $3.27 축소"},
		{"+0.5", "Change the commitment: $0.50 an hour more", "약정 조정: 시간당 $0.50 확대"},
		{"", "Change the commitment", "약정 조정"},
		{"much", "Change the commitment", "약정 조정"},
	} {
		a := &reports.Action{Code: "commitment", Name: "savings-plan", Detail: row.detail}
		if got := words.In(words.English).Proposal(a); got != row.english {
			t.Errorf("%q: %q, want %q", row.detail, got, row.english)
		}
		if got := words.In(words.Korean).Proposal(a); got != row.korean {
			t.Errorf("%q: %q, want %q", row.detail, got, row.korean)
		}
	}
}
