// Command offpeak plans when the machines of an AWS fleet run, and tries schedules, calendars and policies out.
//
// It reads files that the AWS CLI prints, so it needs no AWS account, no credentials and no network. Each subcommand is one file.
package main

import (
	"os"
	"time"
)

func main() {
	os.Exit(run(os.Args[1:], console{
		in: os.Stdin, out: os.Stdout, err: os.Stderr,
		now: time.Now, getenv: os.Getenv,
	}))
}
