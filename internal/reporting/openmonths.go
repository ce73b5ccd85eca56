package reporting

import (
	"fmt"
	"slices"
	"strings"

	"offpeak/internal/billing/savings"
	"offpeak/reports"
)

// withoutInvoices is the export whose rows never bear an invoice: FOCUS 1.0.
const withoutInvoices = "FOCUS_1_0_AWS"

// knownOpen leaves out of the gaps that AWS had not closed months of which nobody can know it, since their export has no invoice ids. That gap is the export's own.
func knownOpen(gaps []savings.Gap, delivered []reports.Manifest) []savings.Gap {
	unknown := func(month string) bool {
		return slices.ContainsFunc(delivered, func(d reports.Manifest) bool { return d.Export == withoutInvoices && d.Month == month })
	}
	var kept []savings.Gap
	for _, g := range gaps {
		if g.Code == savings.OpenMonth && len(g.Args) == 1 {
			months := slices.DeleteFunc(strings.Split(g.Args[0], ", "), unknown)
			if len(months) == 0 {
				continue
			}
			open := strings.Join(months, ", ")
			g.Says, g.Args = fmt.Sprintf("%s: AWS has not closed the month, its rows bear no invoice: provisional", open), []string{open}
		}
		kept = append(kept, g)
	}
	return kept
}
