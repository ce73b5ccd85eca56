// Package trino stands in for Athena in tests: it runs Trino, of which Athena's engine is made, over the S3 and the Glue catalogue of moto.
//
// In goes a test; out come the options with which cloud.Open reaches an AWS whose Athena really answers SQL, from files in its S3, by tables that were
// declared in Athena's language. The texts are those that Athena would get, to the letter. What it cannot show is Athena's own: its limits, its quotas, its
// prices and what its engine does otherwise than this version of Trino. `make e2e-trino` fetches Trino; only tests import the package.
package trino

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/moto"
)

// home is the variable that names the folder in which Trino is: lib, and plugin/hive.
const home = "OFFPEAK_TRINO"

// startsWithin is how long Trino may take to answer: it takes half a minute on two idle cores.
const startsWithin = 4 * time.Minute

// catalog is where Trino keeps the tables.
const catalog = "hive"

// Server is an AWS whose Athena is Trino.
type Server struct {
	aws   *moto.Server
	front *moto.Server
	trino string // http://127.0.0.1:port
}

// Start starts Trino and what stands before it, and ends both with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	folder := os.Getenv(home)
	if folder == "" {
		t.Fatalf("%s does not name a folder with Trino: run `make e2e-trino`, which fetches it", home)
	}
	s := &Server{aws: moto.Start(t)}
	if err := s.run(t, folder); err != nil {
		t.Fatalf("start Trino from %s: %v", folder, err)
	}
	s.front = s.before(t)
	return s
}

// Options reach this AWS and nothing else.
func (s *Server) Options() cloud.Options {
	o := s.front.Options(moto.Home)
	o.RoleOf = nil
	return o
}

// launcher starts Trino's server by its class: the small program that its distribution has for this is not among what is published of it as libraries.
const launcher = `public class Launcher { public static void main(String[] versions) { new io.trino.server.Server().start(versions[0]); } }
`

// settings are Trino's, and those of its catalogue.
const (
	settings = `node.environment=test
node.id=offpeak
node.internal-address=127.0.0.1
node.bind-ip=127.0.0.1
coordinator=true
node-scheduler.include-coordinator=true
http-server.http.port=%[1]d
discovery.uri=http://127.0.0.1:%[1]d
failure-detector.enabled=false
plugin.dir=%[2]s
catalog.config-dir=catalog
`
	catalogue = `connector.name=hive
hive.metastore=glue
hive.metastore.glue.region=us-east-1
hive.metastore.glue.endpoint-url=%[1]s
hive.metastore.glue.aws-access-key=test
hive.metastore.glue.aws-secret-key=test
hive.partition-projection-enabled=true
hive.table-statistics-enabled=false
fs.hadoop.enabled=false
fs.native-s3.enabled=true
s3.endpoint=%[1]s
s3.region=us-east-1
s3.path-style-access=true
s3.aws-access-key=test
s3.aws-secret-key=test
`
)

// run starts Trino in a folder of the test's and waits until it answers.
func (s *Server) run(t testing.TB, folder string) error {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	port, err := freePort(t.Context())
	if err != nil {
		return err
	}
	work := t.TempDir()
	for name, text := range map[string]string{
		"Launcher.java":           launcher,
		"config.properties":       fmt.Sprintf(settings, port, filepath.Join(folder, "plugin")),
		"catalog/hive.properties": fmt.Sprintf(catalogue, s.aws.URL),
	} {
		name = filepath.Join(work, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o644)); err != nil {
			return err
		}
	}
	java := "java"
	if where := os.Getenv("JAVA_HOME"); where != "" {
		java = filepath.Join(where, "bin", "java")
	}
	if _, err := exec.LookPath(java); err != nil {
		return fmt.Errorf("it needs a Java development kit of 17 to 21, by PATH or JAVA_HOME: %w", err)
	}
	command := moto.Guarded(java, "-Xmx2G", "-XX:+UseG1GC", "-XX:TieredStopAtLevel=1", "-Djdk.attach.allowAttachSelf=true", "-Duser.timezone=UTC", "-Dfile.encoding=UTF-8",
		"-Dconfig=config.properties", "-cp", filepath.Join(folder, "lib", "*"), "Launcher.java", filepath.Base(folder))
	command.Dir = work
	log, err := os.Create(filepath.Join(work, "trino.log"))
	if err != nil {
		return err
	}
	command.Stdout, command.Stderr = log, log
	tether, err := command.StdinPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	t.Cleanup(func() {
		if err := errors.Join(tether.Close(), command.Wait(), log.Close()); err != nil {
			var ended *exec.ExitError // it was killed
			if !errors.As(err, &ended) {
				t.Error(err)
			}
		}
	})
	s.trino = "http://127.0.0.1:" + strconv.Itoa(port)
	if err := s.answers(t.Context()); err != nil {
		said, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%w; it said at last:\n%s", err, said[max(0, len(said)-3000):])
	}
	return nil
}

// freePort is a port that nobody listens on: Trino has to be told its own.
func freePort(ctx context.Context) (int, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close() //nolint:forcetypeassert // it listens by TCP
}

// answers waits until Trino says that it has started.
func (s *Server) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startsWithin)
	defer cancel()
	for {
		var info struct{ Starting bool }
		err := s.call(ctx, http.MethodGet, s.trino+"/v1/info", "", &info)
		if err == nil && !info.Starting {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("it has not started within %s: %w", startsWithin, err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// answer is what Trino says of a statement, a part at a time.
type answer struct {
	NextURI string `json:"nextUri"`
	Columns []struct{ Name, Type string }
	Data    [][]any
	Stats   struct{ PhysicalInputBytes int64 }
	Error   *struct{ Message, ErrorName string }
}

// result is what came of a statement.
type result struct {
	names   []string
	rows    [][]any
	scanned int64
}

// errNoNode says that Trino does not know itself for a node that works: it hears of itself by announcements, which come late on a machine that is busy.
var errNoNode = errors.New("NO_NODES_AVAILABLE")

// query runs a statement to its end, when there is a node for it.
func (s *Server) query(ctx context.Context, database, statement string) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, startsWithin)
	defer cancel()
	for {
		all, err := s.once(ctx, database, statement)
		if !errors.Is(err, errNoNode) || ctx.Err() != nil {
			return all, err
		}
		select {
		case <-ctx.Done():
			return all, err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// once runs a statement once.
func (s *Server) once(ctx context.Context, database, statement string) (result, error) {
	var all result
	part := answer{NextURI: s.trino + "/v1/statement"}
	for method, body := http.MethodPost, statement; part.NextURI != ""; method, body = http.MethodGet, "" {
		next := part.NextURI
		part = answer{}
		if err := s.call(context.WithValue(ctx, databaseKey{}, database), method, next, body, &part); err != nil {
			return all, err
		}
		if part.Error != nil && part.Error.ErrorName == errNoNode.Error() {
			return all, errNoNode
		}
		if part.Error != nil {
			return all, fmt.Errorf("%s: %s", part.Error.ErrorName, part.Error.Message)
		}
		if all.names == nil {
			for _, c := range part.Columns {
				all.names = append(all.names, c.Name)
			}
		}
		all.rows = append(all.rows, part.Data...)
		all.scanned = max(all.scanned, part.Stats.PhysicalInputBytes)
	}
	return all, nil
}

// databaseKey is where the schema of a statement travels.
type databaseKey struct{}

// call makes one call of Trino's protocol (trino.io/docs, client protocol).
func (s *Server) call(ctx context.Context, method, url, body string, into any) error {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("X-Trino-User", "offpeak")
	request.Header.Set("X-Trino-Catalog", catalog)
	request.Header.Set("X-Trino-Time-Zone", "UTC")
	if database, ok := ctx.Value(databaseKey{}).(string); ok {
		request.Header.Set("X-Trino-Schema", database)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	data, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %.300s", response.Status, data)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return decoder.Decode(into)
}
