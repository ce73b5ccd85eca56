package mix

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"offpeak/autospot/pricing"
	"offpeak/internal/money"
)

// How many types a group gets. Fewer than a few make capacity hard to find, which is said; fewer than least are refused. After enough, only those are added
// that cost little more; an Auto Scaling group takes 40.
const (
	least    = 3
	few      = 10
	enough   = 15
	most     = 30
	families = 3
	// further is what a type may cost, in percent of the last one of enough, to be added to them.
	further = 120
)

// Type is a chosen type.
type Type struct {
	Quote pricing.Quote
	// Interruptions is what interruptions cost an hour of an instance: their odds times instance's time and the owner's price.
	Interruptions money.Rate
	// Score is the mean price with it, by which types are ranked.
	Score money.Rate
}

// Rejected is a type that was not chosen.
type Rejected struct {
	Type    string
	Reasons []pricing.Reason
}

// Why a type that nothing speaks against was not chosen.
const (
	NotAmongCheapest pricing.Code = "not-among-cheapest"
	GivenTwice       pricing.Code = "given-twice"
)

// Family is what a type is of: m5 of m5.large.
func Family(instanceType string) string {
	family, _, _ := strings.Cut(instanceType, ".")
	return family
}

// chooseTypes takes 15 to 30 types, the cheapest first, of three families at least where there are three.
func (a *Answer) chooseTypes(q *Question) {
	accepted, often := a.sift(q)
	calm := len(accepted)
	if calm < few {
		need := min(few-calm, len(often))
		accepted = append(accepted, often[:need]...)
		often = often[need:]
		if need > 0 {
			a.note(OftenAccepted, "%d of %d types are interrupted more often than in the band up to 15%%: only %d others remain", need, len(accepted), calm)
		}
	}
	for _, t := range often {
		a.Rejected = append(a.Rejected, Rejected{t.Quote.Type, t.Quote.Reasons})
	}
	slices.SortFunc(accepted, ranked)
	var left []Type
	a.Types, left = cheapest(accepted)
	dearer := []pricing.Reason{{Code: NotAmongCheapest, Says: fmt.Sprintf("with interruptions %d types are cheaper, or of a family that is needed", len(a.Types))}}
	for i := range left {
		a.Rejected = append(a.Rejected, Rejected{left[i].Quote.Type, dearer})
	}
	slices.SortFunc(a.Rejected, func(x, y Rejected) int { return cmp.Compare(x.Type, y.Type) })
	a.judgeTypes()
}

// ranked orders types by what they cost, then by name.
func ranked(x, y Type) int {
	return cmp.Or(x.Score.Cmp(y.Score), cmp.Compare(x.Quote.Type, y.Quote.Type))
}

// sift parts the quotes into those that nothing speaks against, those that are merely interrupted often, both the cheapest first, and the rejected.
func (a *Answer) sift(q *Question) (accepted, often []Type) {
	quotes := slices.Clone(q.Quotes)
	slices.SortStableFunc(quotes, func(x, y pricing.Quote) int { return cmp.Compare(x.Type, y.Type) })
	for i := range quotes {
		quote := &quotes[i]
		switch {
		case i > 0 && quotes[i-1].Type == quote.Type:
			a.Rejected = append(a.Rejected, Rejected{quote.Type, []pricing.Reason{{Code: GivenTwice, Says: "there is a quote for it already"}}})
		case quote.Accepted():
			accepted = append(accepted, q.score(quote))
		case quote.AtNeed():
			often = append(often, q.score(quote))
		default:
			a.Rejected = append(a.Rejected, Rejected{quote.Type, quote.Reasons})
		}
	}
	slices.SortFunc(accepted, ranked)
	slices.SortFunc(often, ranked)
	return accepted, often
}

// score adds to a quote what its interruptions cost.
func (q *Question) score(quote *pricing.Quote) Type {
	if q.Scores == nil || len(quote.Zones) == 0 {
		return q.scored(quote)
	}
	key := scoreKey{quote.Zones[0], len(quote.Zones), quote.Zones[len(quote.Zones)-1], q.Interruption.String(), q.Assumptions.Overlap + q.Assumptions.WarmUp}
	known, ok := q.Scores.known[key]
	if !ok {
		t := q.scored(quote)
		known = score{t.Interruptions, t.Score}
		if q.Scores.known == nil {
			q.Scores.known = map[scoreKey]score{}
		}
		q.Scores.known[key] = known
	}
	return Type{*quote, known.interruptions, known.score}
}

func (q *Question) scored(quote *pricing.Quote) Type {
	each := quote.Mean.For(q.Assumptions.Overlap + q.Assumptions.WarmUp).Add(q.Interruption)
	interruptions := pricing.PerHour(each, quote.Risk.PerHour())
	return Type{*quote, interruptions, quote.Mean.Add(interruptions)}
}

// Scores remember what interruptions cost of types that were ranked before, for questions over the same zones. They are of one book, and not for use by
// several goroutines at once.
type Scores struct{ known map[scoreKey]score }

// scoreKey names a type and its zones by the summaries of their pools: those of a book are one each.
type scoreKey struct {
	first        *pricing.Summary
	zones        int
	last         *pricing.Summary
	interruption string
	lost         time.Duration
}

type score struct{ interruptions, score money.Rate }

// cheapest takes the first fifteen of ranked types, and up to thirty while they cost little more. The best types of the three cheapest families are always among them.
func cheapest(types []Type) (taken, left []Type) {
	firsts := map[string]bool{}
	var rest []Type
	for _, t := range types {
		if family := Family(t.Quote.Type); len(firsts) < families && !firsts[family] {
			firsts[family] = true
			taken = append(taken, t)
		} else {
			rest = append(rest, t)
		}
	}
	for i, t := range rest {
		if len(taken) >= most || len(taken) >= enough && dearer(t.Score, types[enough-1].Score) {
			left = rest[i:]
			break
		}
		taken = append(taken, t)
	}
	slices.SortFunc(taken, ranked)
	return taken, left
}

// dearer reports whether a type costs more than a fifth more than another one.
func dearer(score, than money.Rate) bool {
	return score.Times(100).Cmp(than.Times(further)) > 0
}

// remain says how many types are left.
func remain(n int) string {
	if n == 1 {
		return "1 type remains"
	}
	return fmt.Sprintf("%d types remain", n)
}

// judgeTypes says what there is to say of the chosen types.
func (a *Answer) judgeTypes() {
	different := map[string]bool{}
	assumed := 0
	for i := range a.Types {
		different[Family(a.Types[i].Quote.Type)] = true
		if !a.Types[i].Quote.Risk.Advised {
			assumed++
		}
	}
	switch {
	case len(a.Types) < least:
		a.refuse(TooFewTypes, "%s; with fewer than %d there is little hope for Spot capacity", remain(len(a.Types)), least)
	case len(a.Types) < few:
		a.note(FewTypes, "%s; with fewer than %d Spot capacity may be short now and then", remain(len(a.Types)), few)
	}
	if len(a.Types) >= least && len(different) < families {
		a.note(FewFamilies, "the types are of %d families; with %d they would seldom be short at once", len(different), families)
	}
	if assumed > 0 {
		a.note(OddsAssumed, "of %d types the Spot advisor tells nothing: they set out from the highest band", assumed)
	}
}
