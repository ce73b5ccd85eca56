// Package invoke runs the built program of a Lambda function in tests, by the same protocol by which AWS runs it: the Lambda runtime API.
//
// It is a small server on the loopback interface that hands out events and takes answers, one at a time. It has no sandbox, and no limit on
// memory; a call that takes too long is the test's to notice.
package invoke

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Function is a program that runs.
type Function struct {
	events  chan event
	server  *http.Server
	process *exec.Cmd
	logs    *lines
	ended   chan error
	gone    chan struct{} // closed when the program has ended

	mu      sync.Mutex
	waiting map[string]chan Answer
	number  int
	// Ready is how long the program took from its start until it asked for its first event.
	Ready time.Duration
	begun time.Time
	asked chan struct{}
	once  sync.Once
}

type event struct {
	id       string
	payload  []byte
	deadline time.Time
}

// Answer is what a function answered.
type Answer struct {
	Body []byte
	// Failed holds the error that it reported, or how it ended.
	Failed string
	Took   time.Duration
}

// built are the programs of this test binary, by package.
var built sync.Map

// Build builds a function as it is deployed, but for this machine, and returns the program's path. It is built once for each test binary, with
// the flags that tests of what talks to AWS are built with, so that the SDK is compiled once for both.
func Build(t testing.TB, pkg string) string {
	t.Helper()
	once, _ := built.LoadOrStore(pkg, sync.OnceValues(func() (string, error) {
		folder, err := os.MkdirTemp("", "offpeak-function-")
		if err != nil {
			return "", err
		}
		program := filepath.Join(folder, path.Base(pkg), "bootstrap") // its folder tells which it is
		if err := os.Mkdir(filepath.Dir(program), 0o755); err != nil {
			return "", err
		}
		build := exec.Command("go", "build", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", program, pkg)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build %s: %w\n%s", pkg, err, out)
		}
		return program, nil
	}))
	program, err := once.(func() (string, error))()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// Start runs a program with an environment of its own and beside it only what every Lambda function has.
func Start(t testing.TB, program string, env ...string) *Function {
	t.Helper()
	f := &Function{
		events: make(chan event), waiting: map[string]chan Answer{}, asked: make(chan struct{}), logs: &lines{}, ended: make(chan error, 1), gone: make(chan struct{}), begun: time.Now(),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", f.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", f.answer)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", f.fail)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", f.fail)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.server = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = f.server.Serve(listener) }()
	f.process = exec.Command(program)
	f.process.Env = append([]string{
		"AWS_LAMBDA_RUNTIME_API=" + listener.Addr().String(), "AWS_LAMBDA_FUNCTION_NAME=offpeak-test", "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512", "AWS_LAMBDA_LOG_STREAM_NAME=test", "PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(),
	}, env...)
	f.process.Stdout, f.process.Stderr = f.logs, f.logs
	f.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := f.process.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		f.ended <- f.process.Wait()
		close(f.gone)
	}()
	t.Cleanup(f.Stop)
	return f
}

// Kill ends the program as AWS ends one that takes too long: without a word. When it returns, the program is gone: on a busy machine one that
// has been killed goes on for a while.
func (f *Function) Kill() {
	_ = f.process.Process.Kill()
	<-f.gone
}

// Stop ends program and server.
func (f *Function) Stop() {
	f.once.Do(func() {
		f.Kill()
		_ = f.server.Close()
	})
}

// Memory returns the most memory that the program has had so far, in bytes; zero where the system does not tell.
func (f *Function) Memory(t testing.TB) (most int) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", f.process.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if kilobytes, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			if most, err = strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kilobytes), "kB"))); err != nil {
				t.Fatal(err)
			}
		}
	}
	return most << 10
}

// ticks is how many parts of a second Linux counts processor time in.
const ticks = 100

// Busy returns how long processors have worked for the program so far, which others on the machine change little; zero where the system does not tell.
func (f *Function) Busy(t testing.TB) (busy time.Duration) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", f.process.Process.Pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:])) // the name before may hold spaces
	for _, field := range fields[11:13] {
		n, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		busy += time.Duration(n) * time.Second / ticks
	}
	return busy
}

// Logs returns what the program has printed so far.
func (f *Function) Logs() string { return f.logs.String() }

// Logged waits a moment for a text to be printed as often: what a program prints arrives on a way of its own.
func (f *Function) Logged(text string, times int) bool {
	for range 200 {
		if strings.Count(f.Logs(), text) >= times {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

// Call hands an event to the program and waits for its answer.
func (f *Function) Call(t testing.TB, payload any, limit time.Duration) Answer {
	t.Helper()
	data, ok := payload.([]byte)
	if !ok {
		var err error
		if data, err = json.Marshal(payload); err != nil {
			t.Fatal(err)
		}
	}
	f.mu.Lock()
	f.number++
	id := "call-" + strconv.Itoa(f.number)
	answered := make(chan Answer, 1)
	f.waiting[id] = answered
	f.mu.Unlock()
	begin := time.Now()
	over := time.After(limit)
	select {
	case f.events <- event{id, data, begin.Add(limit)}:
	case err := <-f.ended:
		f.ended <- err
		return Answer{Failed: fmt.Sprintf("the program ended before it asked for an event: %v\n%s", err, f.Logs())}
	case <-over:
		t.Fatalf("the program asks for no event\n%s", f.Logs())
	}
	select {
	case a := <-answered:
		a.Took = time.Since(begin)
		return a
	case err := <-f.ended:
		f.ended <- err
		return Answer{Failed: fmt.Sprintf("the program ended: %v\n%s", err, f.Logs()), Took: time.Since(begin)}
	case <-over:
		t.Fatalf("no answer within %s\n%s", limit, f.Logs())
	}
	return Answer{}
}

func (f *Function) next(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	if f.Ready == 0 {
		f.Ready = time.Since(f.begun)
		close(f.asked)
	}
	f.mu.Unlock()
	select {
	case e := <-f.events:
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", e.id)
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(e.deadline.UnixMilli(), 10))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:ap-northeast-2:000000000000:function:offpeak-test")
		_, _ = w.Write(e.payload)
	case <-r.Context().Done():
	}
}

// WaitReady waits until the program asks for its first event.
func (f *Function) WaitReady(t testing.TB, limit time.Duration) {
	t.Helper()
	select {
	case <-f.asked:
	case err := <-f.ended:
		f.ended <- err
		t.Fatalf("the program ended: %v\n%s", err, f.Logs())
	case <-time.After(limit):
		t.Fatalf("not ready within %s\n%s", limit, f.Logs())
	}
}

func (f *Function) answer(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.deliver(r.PathValue("id"), Answer{Body: body})
	w.WriteHeader(http.StatusAccepted)
}

func (f *Function) fail(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var said struct {
		Message string `json:"errorMessage"`
	}
	if err := json.Unmarshal(body, &said); err != nil || said.Message == "" {
		said.Message = string(body)
	}
	f.deliver(r.PathValue("id"), Answer{Failed: said.Message})
	w.WriteHeader(http.StatusAccepted)
}

func (f *Function) deliver(id string, a Answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if waiting, ok := f.waiting[id]; ok {
		delete(f.waiting, id)
		waiting <- a
	}
}

// lines keeps what is written, for several writers.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.TrimRight(l.text.String(), "\n")
}
