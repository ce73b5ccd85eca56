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
	cmd.AddCommand(
		importer(c, "instance-scheduler FILE", "From Instance Scheduler on AWS: a scan of its configuration table, or a template with Custom::ServiceInstanceSchedule",
			`  aws dynamodb scan --table-name my-stack-ConfigTable --output json > config.json
  offpeak import instance-scheduler config.json > offpeak.yaml`, migrate.InstanceScheduler),
		importer(c, "cloud-custodian FILE", "From Cloud Custodian: policies with offhour and onhour filters",
			`  offpeak import cloud-custodian policy.yml > offpeak.yaml`, migrate.CloudCustodian),
	)
	return cmd
}

// importer makes the command for one peer. The policy goes to standard output, findings to standard error.
func importer(c console, use, short, example string, read func(string, []byte, migrate.Options) ([]byte, []migrate.Finding, error)) *cobra.Command {
	var options migrate.Options
	cmd := &cobra.Command{
		Use: use, Short: short, Example: example, Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
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
			_, err = c.out.Write(written)
			return err
		},
	}
	cmd.Flags().StringVar(&options.Timezone, "timezone", "", "time zone of schedules that name none, as Asia/Seoul")
	cmd.Flags().BoolVar(&options.SkipInvalid, "skip-invalid", false, "leave out what is invalid, and say so, instead of stopping")
	return cmd
}
