package hours

import "slices"

// longestLook is how much of a text, in bytes, Looks reads.
const longestLook = 512

// Looks reports whether a text, which may not parse, was meant as hours rather than as the name of a schedule: it begins with a day,
// a time or a number that is not glued to another word, or has a time such as 09:00 in it.
func Looks(text string) bool {
	tokens := lex(text[:min(len(text), longestLook)])
	if slices.ContainsFunc(tokens, func(t token) bool { return t.kind == clock }) {
		return true
	}
	p := &parser{text: text, tokens: tokens}
	switch first := p.tok(); {
	case first.kind == wrong && (first.text[0] < '0' || first.text[0] > '9'):
		return p.peek(1).timelike() || p.startsDays(1)
	case first.kind != wrong && !first.timelike() && p.partAt(0) == noPart && first.kind != month:
		return false
	}
	glued := 1
	if p.peek(1).dashlike() || p.peek(1).kind == stray {
		glued = 2
	}
	apart := p.at(glued-1).end() < p.at(glued).at
	return apart || p.at(glued).kind != word
}
