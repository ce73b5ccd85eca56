package query_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/antlr4-go/antlr/v4"
	"github.com/bytebase/parser/trino"

	"offpeak/internal/billing"
)

// complaints collects what a parser says of a text.
type complaints struct {
	*antlr.DefaultErrorListener
	said []string
}

// SyntaxError implements antlr.ErrorListener.
func (c *complaints) SyntaxError(_ antlr.Recognizer, _ any, line, column int, what string, _ antlr.RecognitionException) {
	c.said = append(c.said, fmt.Sprintf("line %d:%d: %s", line, column+1, what))
}

// parsed reads a text by Trino's grammar, which is that of Athena's engine, and returns what is wrong with it. Functions and types are not looked at: `make e2e`
// runs the texts.
func parsed(text string) []string {
	all := &complaints{DefaultErrorListener: antlr.NewDefaultErrorListener()}
	lexer := trino.NewTrinoLexer(antlr.NewInputStream(text + "\n;"))
	lexer.RemoveErrorListeners()
	lexer.AddErrorListener(all)
	stream := antlr.NewCommonTokenStream(lexer, antlr.TokenDefaultChannel)
	parser := trino.NewTrinoParser(stream)
	parser.RemoveErrorListeners()
	parser.AddErrorListener(all)
	parser.SingleStatement()
	if next := stream.LT(1); next.GetTokenType() != antlr.TokenEOF {
		all.said = append(all.said, fmt.Sprintf("line %d: %q follows the statement", next.GetLine(), next.GetText()))
	}
	return all.said
}

func TestAthenaTextsAreTrino(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]billing.Period{
		"quarter":         quarter,
		"hours":           {From: quarter.From.Add(5 * time.Hour), To: quarter.From.Add(29 * time.Hour)},
		"never delivered": {From: quarter.To, To: quarter.To.AddDate(0, 1, 0)},
	} {
		for _, text := range athena().Texts(p) {
			t.Run(name+"/"+text.Name, func(t *testing.T) {
				t.Parallel()
				if said := parsed(text.SQL); len(said) > 0 {
					t.Errorf("it is no Trino SQL:\n%s", strings.Join(said, "\n"))
				}
			})
		}
	}
}

func TestTheGrammarSeesWhatIsBroken(t *testing.T) {
	t.Parallel()
	text := athena().PlanHours(quarter)
	for what, broken := range map[string]string{
		"a bracket is missing":   strings.Replace(text, "COALESCE(", "COALESCE", 1),
		"a keyword is misspelt":  strings.Replace(text, "\nORDER BY", "\nODER BY", 1),
		"a comma is too many":    strings.Replace(text, " AS ", ", AS ", 1),
		"a quote is left open":   strings.Replace(text, "''", "'", 1),
		"a branch is missing":    strings.Replace(text, "UNION ALL", "UNION ALL UNION ALL", 1),
		"there is a second text": text + ";\nSELECT 1",
	} {
		if broken == text {
			t.Errorf("%s: the text was not broken", what)
		} else if len(parsed(broken)) == 0 {
			t.Errorf("%s, and the grammar does not see it", what)
		}
	}
}
