package issue

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"offpeak/internal/hub"
	"offpeak/internal/objects"
	"offpeak/internal/policy"
	"offpeak/internal/reporting"
	"offpeak/reports"
	"offpeak/reports/delivery"
	"offpeak/reports/files"
	"offpeak/reports/mail"
	"offpeak/reports/words"
)

// keep writes all files of a report and puts them on the shelf, and freezes what a final one rests on. Mails are written when they are sent.
func (i *Issuer) keep(ctx context.Context, t policy.Tenant, id delivery.ID, made *reporting.Made) error {
	languages, err := languagesOf(t)
	if err != nil {
		return err
	}
	all, err := files.Write(ctx, made.Report, &files.Options{Languages: languages})
	if err != nil {
		return err
	}
	beside, err := made.Files()
	if err != nil {
		return err
	}
	all = append(all, beside...)
	if _, _, err := i.Shelf.Put(ctx, id, made.Report, all); err != nil {
		return err
	}
	if id.State == reports.Provisional {
		return nil
	}
	err = reporting.Baselines{Store: i.Store}.Keep(ctx, t.Payer, made.Book)
	if errors.Is(err, objects.ErrExists) || errors.Is(err, objects.ErrChanged) {
		return nil // another run keeps its own, of the same bill
	}
	return err
}

// languagesOf are those of a tenant and of its recipients, the tenant's first one first.
func languagesOf(t policy.Tenant) (all []words.Language, err error) {
	names := slices.Clone(t.Languages)
	for _, r := range t.Recipients {
		names = append(names, r.Language)
	}
	for _, name := range names {
		l, err := words.ParseLanguage(name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(all, l) {
			all = append(all, l)
		}
	}
	return all, nil
}

// send sends a report, as it is kept, to those who have not got it, and tells people of those who do not get it.
func (i *Issuer) send(ctx context.Context, t policy.Tenant, id delivery.ID) error {
	if len(t.Recipients) == 0 {
		return nil
	}
	m, err := i.Shelf.Manifest(ctx, id)
	if err != nil {
		return err
	}
	var to []delivery.Recipient
	for _, r := range t.Recipients {
		to = append(to, delivery.Recipient{Address: r.Address, Language: r.Language})
	}
	var read *reports.Report // once, where a mail is to be written at all
	receipts, err := i.Post(id).Send(ctx, id, to, func(r delivery.Recipient) ([]byte, error) {
		if read == nil {
			report, _, err := i.Shelf.Report(ctx, &m)
			if err != nil {
				return nil, err
			}
			read = report
		}
		return i.mime(ctx, read, &m, id, r)
	})
	var alerts []hub.Alert
	for _, r := range receipts {
		if a, bad := alertOf(id, r); bad {
			alerts = append(alerts, a)
		}
	}
	return errors.Join(err, i.Watch.Tell(ctx, alerts, i.Now()))
}

// mime writes the mail of one recipient.
func (i *Issuer) mime(ctx context.Context, r *reports.Report, m *delivery.Manifest, id delivery.ID, to delivery.Recipient) ([]byte, error) {
	l, err := words.ParseLanguage(to.Language)
	if err != nil {
		return nil, err
	}
	pdf, err := i.Shelf.File(ctx, m, files.Board(l))
	if err != nil {
		return nil, err
	}
	xlsx, err := i.Shelf.File(ctx, m, files.Workbook(l))
	if err != nil {
		return nil, err
	}
	envelope := &mail.Envelope{From: i.Sender, To: []string{to.Address}, Revision: max(id.Revision, 1), Place: i.Place(m.Folder)}
	return files.Mail(r, l, envelope, m.SHA256(delivery.ReportFile), pdf, xlsx)
}

// alertOf is what people are told of a mail that did not go, once for each mark.
func alertOf(id delivery.ID, r delivery.Receipt) (hub.Alert, bool) {
	remedy, bad := map[delivery.Mark]string{
		delivery.Refused: "put the address right in the policy (tenants, recipients) and push it",
		delivery.Waiting: "do what it says; the mail goes at the next day's look",
		delivery.Unclear: "ask the recipient; it is not sent again, so that nobody gets two",
	}[r.Mark]
	name := fmt.Sprintf("%s (%s) of payer %s", id.Quarter, id.State, id.Payer)
	return hub.Alert{
		Key:  fmt.Sprintf("report mail %s %d %s %s", name, id.Revision, r.Mark, r.Address),
		What: "the report " + name + " has not reached " + r.Address + ": " + string(r.Mark), Why: r.Says, Remedy: remedy,
	}, bad
}
