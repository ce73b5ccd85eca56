package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"offpeak/internal/migrate"
)

func newImport(c console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Turn the configuration of Instance Scheduler on AWS or Cloud Custodian into a policy file",
		Args:  onlySubcommands,
		RunE:  showHelp,
	}
	fromScheduler := func(cmd *cobra.Command, o *migrate.Options) {
		cmd.Flags().StringVar(&o.Stack, "stack", "", "name of the stack that a template is deployed as, which Instance Scheduler puts before names")
		cmd.Flags().StringVar(&o.TagKey, "tag-key", "", "tag key that Instance Scheduler reads, where it is not Schedule")
	}
	cmd.AddCommand(
		importer(c, "instance-scheduler FILE", "From Instance Scheduler on AWS: a scan of its configuration table, or a template with Custom::ServiceInstanceSchedule",
			`  aws dynamodb scan --table-name my-stack-ConfigTable --output json > config.json
  offpeak import instance-scheduler config.json > offpeak.yaml`, migrate.InstanceScheduler, fromScheduler),
		importer(c, "cloud-custodian FILE", "From Cloud Custodian: policies with offhour and onhour filters",
			`  offpeak import cloud-custodian policy.yml > offpeak.yaml

  # policies in several files, with --- between them:
  (cat off.yml; echo ---; cat on.yml) | offpeak import cloud-custodian - > offpeak.yaml`, migrate.CloudCustodian, func(*cobra.Command, *migrate.Options) {}),
	)
	return cmd
}

// reader makes a policy of a peer's configuration.
type reader func(name string, data []byte, o migrate.Options) ([]byte, []migrate.Finding, error)

// importer makes the command for one peer. The policy goes to standard output, findings to standard error.
func importer(c console, use, short, example string, read reader, flags func(*cobra.Command, *migrate.Options)) *cobra.Command {
	var options migrate.Options
	var output string
	cmd := &cobra.Command{
		Use: use, Short: short, Example: example, Args: need(1, 1, "name one file, or - for standard input"),
		RunE: func(_ *cobra.Command, args []string) error {
			as, err := formOf(output)
			if err != nil {
				return err
			}
			data, err := readNamed(c, args[0])
			if err != nil {
				return err
			}
			written, findings, err := read(args[0], data, options)
			for _, f := range findings {
				_, _ = fmt.Fprintln(c.err, f)
			}
			if err != nil {
				return err
			}
			if as == asJSON {
				return writeJSON(c.out, importedJSON{string(written), findingsJSON(findings)})
			}
			_, err = c.out.Write(written)
			return err
		},
	}
	flags(cmd, &options)
	registerForm(cmd, &output)
	cmd.Flags().StringVar(&options.Timezone, "timezone", "", "time zone of schedules that name none, as Asia/Seoul")
	cmd.Flags().BoolVar(&options.SkipInvalid, "skip-invalid", false, "leave out what is invalid, and say so, instead of stopping")
	return cmd
}

// importedJSON is a policy made of a peer's configuration, as YAML, and what is to be looked at in it.
type importedJSON struct {
	Policy   string       `json:"policy"`
	Findings []importJSON `json:"findings"`
}

type importJSON struct {
	Severity string `json:"severity"`
	Where    string `json:"where"`
	Code     string `json:"code"`
	What     string `json:"what"`
}

func findingsJSON(found []migrate.Finding) []importJSON {
	all := make([]importJSON, len(found))
	for i, f := range found {
		all[i] = importJSON{fmt.Sprint(f.Severity), f.Where, f.Code, f.What}
	}
	return all
}
