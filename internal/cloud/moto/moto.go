// Package moto starts moto_server, an AWS stand-in written by others, for tests of what talks to AWS.
//
// In goes a test; out comes the server's address, and the options with which cloud.Open reaches it and nothing else. There is one server for
// each test binary, shared by its tests and never emptied: a test that wants an AWS of its own takes an account id or a region that no other
// uses. Only tests import the package. Where moto is silently wrong, tests answer with recorded responses instead.
package moto

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"offpeak/internal/cloud"
	"offpeak/internal/fleet"
)

// Home is the account to which the base credentials belong, in the region that Options set.
const (
	Home   fleet.AccountID = "123456789012"
	Region fleet.Region    = "us-east-1"
)

// required is the variable under which a machine without moto fails the tests instead of skipping them.
const required = "OFFPEAK_MUST_MOTO"

// startsWithin is how long the server may take to answer: it takes three seconds on an idle machine.
const startsWithin = 2 * time.Minute

// Server is a running moto_server.
type Server struct {
	URL string // http://127.0.0.1:port

	tether io.Closer // its end is the server's: without a reference to it the garbage collector closes it
}

// errMissing is said of a machine without moto_server.
var errMissing = errors.New("moto_server is not installed: run `make test` once, or `pip install -r requirements-test.txt`")

// start starts this test binary's server once.
var start = sync.OnceValues(func() (*Server, error) {
	program, err := find()
	if err != nil {
		return nil, err
	}
	return run(program)
})

// Start returns the test binary's server, started by the first test that asks and ended with the binary. Without moto_server the test is
// skipped, or fails where OFFPEAK_MUST_MOTO is set.
func Start(t testing.TB) *Server {
	t.Helper()
	s, err := start()
	switch {
	case err == nil:
		return s
	case errors.Is(err, errMissing) && os.Getenv(required) == "":
		t.Skip("NOT TESTED AGAINST AWS'S STAND-IN:", err)
	default:
		t.Fatal(err)
	}
	return nil
}

// Options reach the server and nothing else, whatever the machine's own AWS configuration says, and retry without pauses. Accounts are entered by
// assuming the role offpeak-test, as moto's EC2, RDS and so on keep accounts apart by it; when some are given the others are entered with
// the base credentials.
func (s *Server) Options(account ...fleet.AccountID) cloud.Options {
	entered := map[fleet.AccountID]bool{}
	for _, a := range account {
		entered[a] = true
	}
	return cloud.Options{
		Region: Region,
		RoleOf: func(a fleet.AccountID) (cloud.Role, bool) {
			return cloud.Role{ARN: "arn:aws:iam::" + string(a) + ":role/offpeak-test"}, len(entered) == 0 || entered[a]
		},
		Adjust: s.adjust,
	}
}

// Recorded returns options that reach a server of a test's own, which answers as AWS was recorded to where moto does otherwise: every account
// is entered with the base credentials, and retries have no pauses.
func Recorded(url string, region fleet.Region) cloud.Options {
	return cloud.Options{Region: region, Adjust: (&Server{URL: url}).adjust}
}

// adjust turns a configuration to the server. The SDK's S3 client uses paths instead of host names by itself where the endpoint is an address.
func (s *Server) adjust(c *aws.Config) {
	c.ConfigSources = nil // endpoints of single services in the environment would go before the one set here
	c.BaseEndpoint = aws.String(s.URL)
	c.Credentials = credentials.NewStaticCredentialsProvider("test", "test", "")
	c.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			o.RateLimiter = ratelimit.None
		})
	}
}

// find returns the moto_server of the module's .venv, else the one on PATH.
func find() (string, error) {
	folder, err := os.Getwd() // tests run in their package's folder
	for err == nil {
		if _, missing := os.Stat(filepath.Join(folder, "go.mod")); missing == nil {
			program := filepath.Join(folder, ".venv", "bin", "moto_server")
			if _, missing := os.Stat(program); missing == nil {
				return program, nil
			}
			break
		}
		if folder == filepath.Dir(folder) {
			break
		}
		folder = filepath.Dir(folder)
	}
	if program, err := exec.LookPath("moto_server"); err == nil {
		return program, nil
	}
	return "", errMissing
}

// guarded runs a program until the shell's standard input ends. That is when the test binary does, however it ends: killed, too. Interrupts
// of a terminal go to the shell as well, and are left to the test binary.
const guarded = `trap '' INT HUP
"$@" </dev/null &
server=$!
exec >/dev/null 2>&1
read -r _
kill -9 "$server"`

// Guarded is a command that runs a program for as long as this process lives and its standard input is open, whichever ends first.
func Guarded(program string, arguments ...string) *exec.Cmd {
	return exec.Command("sh", append([]string{"-c", guarded, "sh", program}, arguments...)...)
}

// run starts the program on a port of its own choice, and waits until it answers.
func run(program string) (*Server, error) {
	shell := Guarded(program, "-H", "127.0.0.1", "-p", "0")
	shell.Env = append(os.Environ(), "PYTHONUNBUFFERED=1")
	tether, err := shell.StdinPipe() // never written to, and closed by this process's end
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	output, err := shell.StderrPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	if err := shell.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	s, err := announced(output)
	if err == nil {
		err = s.answers()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", program, err), tether.Close())
	}
	s.tether = tether
	return s, nil
}

// announced reads the address from the server's log, and goes on reading it so that the server is never held up.
func announced(log io.ReadCloser) (*Server, error) {
	found := make(chan *Server, 1)
	var said strings.Builder // read after found is closed
	go func() {
		defer close(found)
		lines := bufio.NewScanner(log)
		for lines.Scan() {
			if _, url, ok := strings.Cut(lines.Text(), "Running on "); ok {
				found <- &Server{URL: strings.TrimSpace(url)}
				break
			}
			fmt.Fprintln(&said, lines.Text())
		}
		if lines.Err() == nil {
			io.Copy(io.Discard, log) //nolint:errcheck // the log's end is the server's
		}
	}()
	select {
	case s, ok := <-found:
		if !ok {
			return nil, fmt.Errorf("it ended and said:\n%s", said.String())
		}
		return s, nil
	case <-time.After(startsWithin):
		return nil, fmt.Errorf("it has not said within %s where it listens", startsWithin)
	}
}

// answers waits until the server answers.
func (s *Server) answers() error {
	ctx, cancel := context.WithTimeout(context.Background(), startsWithin)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/moto-api/data.json", nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			return response.Body.Close()
		}
		if ctx.Err() != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}
