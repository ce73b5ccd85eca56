package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set at build time: -ldflags "-X main.version=v1.2.3".
var version = "development"

// versionJSON is what this program is.
type versionJSON struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

func newVersion(c console) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			as, err := formOf(output)
			if err != nil {
				return err
			}
			revision := ""
			if build, ok := debug.ReadBuildInfo(); ok {
				for _, s := range build.Settings {
					if s.Key == "vcs.revision" {
						revision = s.Value
					}
				}
			}
			if as == asJSON {
				return writeJSON(c.out, versionJSON{version, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH})
			}
			if revision != "" {
				revision = " " + revision
			}
			_, err = fmt.Fprintf(c.out, "offpeak %s%s %s %s/%s\n", version, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
	registerForm(cmd, &output)
	return cmd
}
