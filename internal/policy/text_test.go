package policy_test

import (
	"strings"
	"testing"

	"offpeak/internal/policy"
)

const minimal = "timezone: Asia/Seoul\nenvironments: {dev: {tags: {Environment: dev}}}\n"

func TestBytesThatAreNoPolicy(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "offpeak.yaml: the file is empty (offpeak init writes a policy to begin with)"},
		{"blank", " \r\n\n", "offpeak.yaml: the file is empty (offpeak init writes a policy to begin with)"},
		{"mark only", "\ufeff\n", "offpeak.yaml: the file is empty (offpeak init writes a policy to begin with)"},
		{"too long", strings.Repeat("#", 4<<20+1), "offpeak.yaml: the file has 4194305 bytes; a policy has at most 4194304"},
		{"too many values", "a: [" + strings.Repeat("a,", 700_000) + "]", "offpeak.yaml: the file holds more values than a policy can have (list the prices of the types in use only)"},
		{"UTF-16, little end", "\xff\xfet\x00:\x00", "offpeak.yaml: the file is UTF-16 (save it as UTF-8)"},
		{"UTF-16, big end", "\xfe\xff\x00t\x00:", "offpeak.yaml: the file is UTF-16 (save it as UTF-8)"},
		{"UTF-16 without mark", "t\x00i\x00", "offpeak.yaml: the file looks like UTF-16 (save it as UTF-8)"},
		{"UTF-16 without mark, big end", "\x00t\x00i", "offpeak.yaml: the file looks like UTF-16 (save it as UTF-8)"},
		{
			"Korean as CP949", "timezone: Asia/Seoul\n# \xb0\xb3\xb9\xdf\n",
			"offpeak.yaml:2:3: the byte B0 is not UTF-8 (save the file as UTF-8; Korean text may have been saved as EUC-KR or CP949)",
		},
		{"zero byte", "timezone: Asia/Seoul\nab\x00", "offpeak.yaml:2:3: a zero byte (the file is damaged or no text)"},
		{"control character", "# 개\x1b[0m\n", "offpeak.yaml:1:4: the control character U+001B (remove it)"},
		{"line separator", "timezone: Asia/Seoul\u2028", "offpeak.yaml:1:21: the invisible line break U+2028 (remove it, or end the line there)"},
		{"old Macintosh", "timezone: Asia/Seoul\r", "offpeak.yaml:1:21: a carriage return without a line feed (end lines with LF or CRLF)"},
		{"second mark", "\ufeffa\ufeff", "offpeak.yaml:1:2: a byte order mark inside the text (remove it)"},
		{"deep", strings.Repeat("[", 20_000), "offpeak.yaml:1:1: brackets or lists are nested too deeply"},
		{"deep mappings", strings.Repeat("? ", 20_000), "offpeak.yaml:1:1: brackets or lists are nested too deeply"},
		{"mark and lines of Windows", "\ufeff" + strings.ReplaceAll(minimal, "\n", "\r\n"), "nothing"},
	} {
		if got := strings.TrimSpace(says(policy.Load("offpeak.yaml", []byte(tt.text), nil))); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// A generator that went wrong must not fill the terminal, nor a Lambda's memory.
func TestManyProblems(t *testing.T) {
	t.Parallel()
	text := minimal + "regions: [" + strings.Repeat("x, ", 50) + "y]\nprices: [" + strings.Repeat("{}, ", 50_000) + "{}]\n"
	lines := strings.Split(says(policy.Load("offpeak.yaml", []byte(text), nil)), "\n")
	const want = "offpeak.yaml: and 149854 more problems, not listed"
	if got := lines[len(lines)-2]; len(lines) != 202 || got != want {
		t.Errorf("got %d lines and at last %q, want 202 and %q", len(lines), got, want)
	}
}

// The line of a syntax error is where a person finds it, however long the file: the parser alone names the line at which the
// surrounding mapping began, or none.
func TestSyntaxErrorsAreLocated(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(minimal + "schedules:\n")
	for range 100 {
		b.WriteString("  s: {open: [mon-fri 09:00-18:00,\n    sat 09:00-12:00]}\n")
	}
	b.WriteString("  broken: {open: [mon-fri 09:00-18:00}\n")
	b.WriteString("guards: {}\n")
	const want = "offpeak.yaml:204:3: a list that [ begins is not closed (write , between its values and ] at its end)\n"
	if got := says(policy.Load("offpeak.yaml", []byte(b.String()), nil)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
