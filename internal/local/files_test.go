package local_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/local"
)

func TestMemoryFiles(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "memory.json")
	never, err := local.ReadMemoryFile(name)
	if err != nil || never == nil || len(never.Resources) != 0 {
		t.Fatalf("a file that does not exist: got %v, %v; want the memory of a fleet that was never seen", never, err)
	}
	memory := never.Clone()
	memory.Resources["arn:aws:ec2:r:111122223333:instance/i-1"] = fleet.Remembered{Enrolled: friday, Schedule: "abc", Observed: fleet.Running}
	if err := local.WriteMemory(name, memory); err != nil {
		t.Fatal(err)
	}
	got, err := local.ReadMemoryFile(name)
	if err != nil || !cmp.Equal(*got, memory) {
		t.Errorf("%v %s", err, cmp.Diff(*got, memory))
	}
	if err := os.WriteFile(name, []byte(`{"format": "offpeak-snapshot/1"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := local.ReadMemoryFile(name); err == nil || got != nil || !strings.Contains(err.Error(), "memory.json") {
		t.Errorf("a file that is no memory: got %v, %v", got, err)
	}
}

func TestWriteSnapshot(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "fleet.json")
	want := sample(t, "friday")
	if err := local.WriteSnapshot(name, want); err != nil {
		t.Fatal(err)
	}
	got, err := local.ReadInventoryFiles([]string{name}, nil, local.Options{})
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v %s", err, cmp.Diff(got, want))
	}
}

func TestWritingReplacesWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	name := filepath.Join(folder, "memory.json")
	old := []byte(`{"format":"offpeak-memory/1","resources":{}}`)
	if err := os.WriteFile(name, old, 0o640); err != nil {
		t.Fatal(err)
	}
	alias := filepath.Join(folder, "alias.json")
	if err := os.Symlink("memory.json", alias); err != nil {
		t.Skip("SKIPPED: no symbolic links here: ", err)
	}

	if err := local.WriteMemory(alias, fleet.Memory{Scopes: map[fleet.Scope]fleet.RememberedScope{{Account: "111122223333", Region: "r"}: {}}}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil || !strings.Contains(string(text), "111122223333/r") {
		t.Errorf("a link's target was not written: %s, %v", text, err)
	}
	info, err := os.Stat(name)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o640 {
		t.Errorf("permissions: got %v, %v, want those of the old file", info.Mode(), err)
	}

	// A snapshot that cannot be written as JSON: the file stays, and nothing is left beside it.
	impossible := fleet.Snapshot{Resources: []fleet.Resource{{Kind: 99}}}
	if err := local.WriteSnapshot(name, impossible); err == nil {
		t.Error("a kind that does not exist was written")
	}
	after, err := os.ReadFile(name)
	if err != nil || string(after) != string(text) {
		t.Errorf("the file changed: %s, %v", after, err)
	}
	if err := local.WriteMemory(filepath.Join(folder, "absent", "memory.json"), fleet.Memory{}); err == nil {
		t.Error("a file was written into a folder that does not exist")
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != 2 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestWritesToWhatIsNoFile(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(os.DevNull); err != nil {
		t.Skip("SKIPPED: ", err)
	}
	if err := local.WriteMemory(os.DevNull, fleet.Memory{}); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("%s was replaced by a file", os.DevNull)
	}
	if err := local.WriteMemory(t.TempDir(), fleet.Memory{}); err == nil {
		t.Error("a folder was written over")
	}
}
