//go:build demo

package main

import "context"

// openAWS says that this program cannot: "make demo" builds one that compiles in a minute, without the AWS SDK.
func openAWS(context.Context, console, entry) (reach, error) {
	return nil, usagef("this offpeak was built for the demo, without AWS; build the whole with \"make build\"")
}
