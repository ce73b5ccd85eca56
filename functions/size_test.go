package functions_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"debug/buildinfo"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mostZipped is what a function's zip may take, in bytes: it is unpacked at each cold start. AutoSpot's asks more services than the others, and once a
// day; who hears of interruptions has the smallest.
// That of reports draws pictures, sheets and pages, with a font in each; it reads bills by Athena and links no database. Pages are written by templates,
// which call methods by name, so that the linker leaves out none of any client's.
var mostZipped = map[string]int{"dispatch": 6_000_000, "schedule": 6_100_000, "autospot": 7_000_000, "interruption": 6_000_000, "survey": 6_000_000, "report": 13_500_000}

// TestZipsAreSmall builds the functions as `make build` builds them, and packs them as they are uploaded.
func TestZipsAreSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT CHECKED: compiling the AWS SDK for arm64 takes minutes the first time")
	}
	t.Parallel()
	folder := t.TempDir()
	build := exec.Command("make", "-s", "-C", "..", "lambdas", "BUILD="+folder)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "MAKE") && !strings.HasPrefix(v, "MFLAGS") { // those of the make that runs this test
			build.Env = append(build.Env, v)
		}
	}
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("make lambdas: %v\n%s", err, out)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	for name, most := range mostZipped {
		program, err := os.ReadFile(filepath.Join(folder, name, "bootstrap"))
		if err != nil {
			t.Fatal(err)
		}
		size := zipped(t, program)
		t.Logf("%s: %.2f MB zipped, %.1f MB unpacked", name, float64(size)/1e6, float64(len(program))/1e6)
		if size > most {
			t.Errorf("the zip of %s has %d bytes, more than %d: `go tool nm -size` of a build without -s -w tells what it holds", name, size, most)
		}
		settings := settingsOf(t, program)
		if settings["GOOS"] != "linux" || settings["GOARCH"] != "arm64" || settings["CGO_ENABLED"] != "0" || settings["-tags"] != "lambda.norpc,nethttpomithttp2" {
			t.Errorf("%s is built as %v", name, settings)
		}
		if bytes.Contains(program, []byte(root)) || settings["vcs.revision"] != "" {
			t.Errorf("%s says where or of which commit it was built: the same source elsewhere would be deployed again", name)
		}
	}
}

// zipped returns the size of a zip that holds a program.
func zipped(t *testing.T, program []byte) int {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	w, err := z.Create("bootstrap")
	if err == nil {
		_, err = w.Write(program)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Len()
}

func settingsOf(t *testing.T, program []byte) map[string]string {
	t.Helper()
	info, err := buildinfo.Read(bytes.NewReader(program))
	if err != nil {
		t.Fatal(err)
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	return settings
}
