package words

import (
	"strings"
	"unicode"
)

const (
	replaced = '\uFFFD' // stands where a character was that would disturb its neighbours
	isolate  = "\u2068" // FIRST STRONG ISOLATE
	released = "\u2069" // POP DIRECTIONAL ISOLATE
)

// Plain makes a name harmless that people gave: on one line, without control characters and without those that turn the direction of what stands
// beside it; each of these becomes a visible replacement character. All else stays, rare characters and scripts included.
func Plain(name string) string {
	name = strings.TrimSpace(strings.ToValidUTF8(name, string(replaced)))
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r' || unicode.In(r, unicode.Zl, unicode.Zp):
			return ' '
		case unicode.IsControl(r) || turns(r):
			return replaced
		default:
			return r
		}
	}, name)
}

// turns says whether a character is invisible and sets the direction of others, as Unicode's Bidi_Control has it.
func turns(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) }

// Isolated is Plain for text that is laid out by both directions, as HTML and mail are: a name of a script that is written from right to left is
// isolated, so that it cannot move the figures beside it.
func Isolated(name string) string {
	name = Plain(name)
	if strings.IndexFunc(name, rightToLeft) < 0 {
		return name
	}
	return isolate + name + released
}

func rightToLeft(r rune) bool {
	return unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Samaritan, unicode.Mandaic, unicode.Adlam)
}

// Called is what people call a resource of the bill: an ARN by its last part, anything else by itself.
func Called(resource string) string {
	if !strings.HasPrefix(resource, "arn:") {
		return resource
	}
	if last := resource[strings.LastIndexAny(resource, ":/")+1:]; last != "" {
		return last
	}
	return resource
}

// Shortened cuts a name off after so many characters and says so by an ellipsis.
func Shortened(name string, characters int) string {
	all := []rune(name)
	if len(all) <= characters {
		return name
	}
	return strings.TrimSpace(string(all[:max(characters-1, 0)])) + "…"
}
