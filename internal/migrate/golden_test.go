package migrate_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"offpeak/internal/migrate"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the expected files")

func TestWholeConfigurations(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		file string
		read func(string, []byte, migrate.Options) ([]byte, []migrate.Finding, error)
	}{
		{"instance-scheduler.json", migrate.InstanceScheduler},
		{"template.yaml", migrate.InstanceScheduler},
		{"cloud-custodian.yml", migrate.CloudCustodian},
	} {
		t.Run(row.file, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile("testdata/" + row.file)
			if err != nil {
				t.Fatal(err)
			}
			written, findings, err := row.read(row.file, data, migrate.Options{})
			if err != nil {
				t.Fatal(err)
			}
			load(t, written)
			var told strings.Builder
			for _, f := range findings {
				fmt.Fprintln(&told, f)
			}
			base, _, _ := strings.Cut(row.file, ".")
			compareGolden(t, "testdata/"+base+".golden.yaml", string(written))
			compareGolden(t, "testdata/"+base+".findings.txt", told.String())
		})
	}
}

func compareGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, string(want)); diff != "" {
		t.Errorf("%s: (-got +want)\n%s", file, diff)
	}
}
