package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"offpeak/internal/fleet"
	"offpeak/reports/files"
	"offpeak/reports/mail"
	"offpeak/reports/words"
)

// sendFlags are the flags of report send.
type sendFlags struct {
	console
	to, from        string
	language        string
	set             string
	profile, region string
	place           string
	output          string
}

// newReportSend makes the command that sends a report to one address, to try how it arrives.
func newReportSend(c console) *cobra.Command {
	f := &sendFlags{console: c}
	cmd := &cobra.Command{
		Use:   "send FOLDER --to ADDRESS --from ADDRESS",
		Short: "Send a report to one address by Amazon SES, to see how it arrives",
		Long: `Send a written report to one address by Amazon SES, with the credentials of the environment: a test of how it arrives, beside what the hub sends to the
policy's recipients. The report must be as its manifest says. It is sent once; whether it arrives, SES does not say here.`,
		Example: "  offpeak report send reports/111122223333-2026Q3-final --to me@example.com --from offpeak@example.com",
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return f.send(args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.to, "to", "", "who gets it: one address")
	flags.StringVar(&f.from, "from", "", "the sender, an address or domain that is verified in SES")
	flags.StringVar(&f.language, "lang", "ko", "language of the mail")
	flags.StringVar(&f.set, "configuration-set", "", "SES configuration set to send by")
	flags.StringVar(&f.place, "place", "", "where the files lie behind a sign-in, said in the mail where its attachments are too large (default: the folder)")
	flags.StringVar(&f.profile, "profile", "", "AWS profile")
	registerForm(cmd, &f.output)
	flags.StringVar(&f.region, "region", "", "region in which the sender is verified")
	return cmd
}

// sentDocument is the JSON form of what SES took.
type sentDocument struct {
	To      string `json:"to"`
	Message string `json:"message_id"`
}

func (f *sendFlags) send(folder string) error {
	as, err := formOf(f.output)
	if err != nil {
		return err
	}
	if f.to == "" || f.from == "" {
		return usagef("--to and --from are needed: who gets the report, and a sender that is verified in SES")
	}
	language, err := words.ParseLanguage(f.language)
	if err != nil {
		return usagef("--lang: %w", err)
	}
	progress := newProgress(f.console)
	defer progress.clear()
	progress.say("checking files")
	k, err := readReport(folder)
	if err != nil {
		return err
	}
	attached := [2][]byte{}
	for i, name := range []string{files.Board(language), files.Workbook(language)} {
		if attached[i], err = os.ReadFile(filepath.Join(k.files, name)); err != nil {
			return fmt.Errorf("the report has no files in %s: %w", language, err)
		}
	}
	place := f.place
	if place == "" {
		place = folder
	}
	progress.say("writing the mail")
	written, err := files.Mail(k.report, language, &mail.Envelope{From: f.from, To: []string{f.to}, Place: place}, k.hash, attached[0], attached[1])
	if err != nil {
		return usagef("%w", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	mailer, err := openMailer(ctx, entry{profile: f.profile, region: fleet.Region(f.region)}, f.from, f.set)
	if err != nil {
		return err
	}
	progress.say("sending to " + f.to) // an address, or there were no mail
	id, err := mailer.Send(ctx, f.to, written)
	progress.clear()
	if err != nil {
		return err
	}
	if as == asJSON {
		return writeJSON(f.out, sentDocument{f.to, id})
	}
	_, err = fmt.Fprintf(f.out, "SES took the mail to %s: %s\n", f.to, id)
	return err
}
