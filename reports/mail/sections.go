package mail

import (
	"strings"

	"offpeak/internal/money"
	"offpeak/reports"
	"offpeak/reports/words"
)

// shown is how many lines of a list a mail has; the attachments have all.
const shown = 3

func waste(r *reports.Report, w words.Words) section {
	s := section{Title: w.Say(words.TitleWaste)}
	for _, l := range r.Waste {
		s.Rows = append(s.Rows, row{Name: w.Waste(l.Code), Value: w.USD(l.Amount), Beside: w.WasteCount(l.Code, l.Count)})
	}
	return s.orNone(len(s.Rows), w)
}

func standing(r *reports.Report, w words.Words) section {
	s, sum := section{Title: w.Say(words.TitleStanding)}, money.USD{}
	for i, l := range r.Standing {
		sum = sum.Add(l.Amount)
		if i < shown {
			s.Rows = append(s.Rows, row{Name: words.Isolated(words.Shortened(words.Called(l.Resource), longest)), Value: w.USD(l.Amount), Beside: words.Plain(l.Meter)})
		}
	}
	if len(r.Standing) > 0 {
		s.Rows = append(s.Rows, row{Name: w.Say(words.Total), Value: w.USD(sum), Total: true})
	}
	return s.more(len(r.Standing)-shown, w).orNone(len(r.Standing), w)
}

func harm(r *reports.Report, w words.Words) section {
	h := &r.Harm
	late := ""
	if len(h.Late) > 0 {
		late = w.LateBy(h.Late[0].Delay)
	}
	n := func(count int) string { return w.Count(count, words.Cases) }
	interruptions := w.Say(words.NotKnown)
	if h.Interruptions != nil {
		interruptions = n(*h.Interruptions)
	}
	return section{Title: w.Say(words.TitleHarm), Rows: []row{
		{Name: w.Say(words.DueAtOpening), Value: n(h.Openings)},
		{Name: w.Say(words.LateOpenings), Value: n(len(h.Late)), Beside: late},
		{Name: w.Say(words.FailedStarts), Value: n(len(h.Failed))},
		{Name: w.Say(words.RetriedStarts), Value: n(h.Retried)},
		{Name: w.Say(words.UnseenStarts), Value: n(h.Unseen)},
		{Name: w.Say(words.SpotInterruptions), Value: interruptions},
	}}
}

// before is what became of the last quarter's actions: what was done first, for that brought something.
func before(r *reports.Report, w words.Words) section {
	s, done := section{Title: w.Say(words.TitleBefore)}, 0
	for i := range r.Before {
		if r.Before[i].Done {
			done++
		}
	}
	for _, wanted := range []bool{true, false} {
		for i := range r.Before {
			if o := &r.Before[i]; o.Done == wanted && len(s.Rows) < shown {
				s.Rows = append(s.Rows, outcome(o, w))
			}
		}
	}
	if len(r.Before) > 0 {
		s.Lead = w.DoneOf(done, len(r.Before))
	}
	if len(r.Before) == 0 && r.Lacks(reports.GapLastReport) {
		s.Lead = w.Say(words.NotKnown)
		return s
	}
	return s.more(len(r.Before)-shown, w).orNone(len(r.Before), w)
}

func outcome(o *reports.Outcome, w words.Words) row {
	l := row{Name: about(&o.Action, w), Value: w.Say(words.NotDone)}
	beside := []string{w.Proposed(o.Month)}
	if o.Done {
		l.Value = w.Say(words.IsDone)
		if o.By != "" {
			beside = append(beside, w.Say(words.DoneBy)+": "+w.Doer(o.By))
		}
		brought := w.Say(words.NotKnown)
		if o.Brought != nil {
			brought = w.Estimate(*o.Brought)
		}
		beside = append(beside, w.Say(words.Brought)+": "+brought)
	}
	l.Beside = strings.Join(beside, " · ")
	return l
}

// decide are the actions that bring the most: who, by when, how much a month.
func decide(r *reports.Report, w words.Words) section {
	s := section{Title: w.Say(words.TitleDecide), Strong: true}
	for i := range r.Actions {
		if i == shown {
			break
		}
		a := &r.Actions[i]
		s.Rows = append(s.Rows, row{
			Name: about(a, w), Value: w.AMonth(a.Month),
			Beside: w.OwnerDue(words.Isolated(words.Shortened(a.Owner, longest)), a.Due),
		})
	}
	if len(s.Rows) > 0 {
		s.Notes = []string{w.Say(words.NotInAvoided)}
	}
	return s.more(len(r.Actions)-shown, w).orNone(len(r.Actions), w)
}

// about says what an action is and what it is about.
func about(a *reports.Action, w words.Words) string {
	name := named(w.ActionName(a), w.Say(words.NoName))
	if a.Resources > 1 {
		name += " (" + w.Count(a.Resources, words.Resources) + ")"
	}
	return w.Proposal(a) + " – " + name
}

// facts are by what and how the figures came about.
func facts(r *reports.Report, e *Envelope, w words.Words) section {
	cost := w.Say(words.NotKnown)
	if r.Cost.Amount != nil {
		cost = w.USD(*r.Cost.Amount)
	}
	s := section{Title: w.Say(words.TitleFacts), Rows: []row{
		{Name: w.Say(words.ToolCost), Value: cost, Beside: words.Plain(r.Cost.Tag)},
		{Name: w.Say(words.MethodVersion), Value: words.Plain(r.Method)},
	}}
	if e.Annex != "" {
		s.Rows = append(s.Rows, row{Name: w.Say(words.AnnexHash), Beside: words.Plain(e.Annex)})
	}
	return s
}

// mostGaps is how many gaps a mail names.
const mostGaps = 5

func gaps(r *reports.Report, w words.Words) []section {
	if len(r.Gaps) == 0 {
		return nil
	}
	s := section{Title: w.Say(words.TitleGaps)}
	for i, g := range r.Gaps {
		if i < mostGaps {
			s.Notes = append(s.Notes, words.Isolated(words.Shortened(w.Gap(g), 400)))
		}
	}
	return []section{s.more(len(r.Gaps)-mostGaps, w)}
}

func footer(r *reports.Report, e *Envelope, w words.Words, leftOut bool) (lines []string) {
	switch {
	case leftOut:
		lines = append(lines, w.Say(words.AttachmentsLeftOut)+" "+words.Plain(e.Place))
	case len(e.Attachments) > 0:
		var names []string
		for _, a := range e.Attachments {
			names = append(names, a.Name)
		}
		lines = append(lines, w.Say(words.Attached)+": "+strings.Join(names, ", "))
	}
	lines = append(lines, w.Say(words.InUSD)+" "+w.Say(words.InUTC), w.Say(words.IntervalMeans), w.Say(words.Rounded))
	for _, l := range []string{w.ExchangeRate(r.Second), w.Factor(r.Tenant.Factor)} {
		if l != "" {
			lines = append(lines, l)
		}
	}
	return append(lines, w.Say(words.Footer))
}

// more says how many lines are not shown.
func (s section) more(n int, w words.Words) section {
	if m := w.More(n); m != "" {
		s.Notes = append(s.Notes, m)
	}
	return s
}

// orNone says that there is nothing, which is an answer too.
func (s section) orNone(n int, w words.Words) section {
	if n == 0 {
		s.Lead = w.Say(words.NothingHere)
	}
	return s
}
