package local_test

import (
	"os"
	"path/filepath"
	"testing"

	"offpeak/internal/local"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer/contract"
)

func TestFolderKeepsObjects(t *testing.T) {
	t.Parallel()
	contract.Objects(t, func(t *testing.T) objects.Store {
		t.Helper()
		f, err := local.NewFolder(filepath.Join(t.TempDir(), "objects"))
		if err != nil {
			t.Fatal(err)
		}
		return f
	})
}

// TestAFolderAfterACrash checks that what a killed writer leaves behind is neither listed nor in the way.
func TestAFolderAfterACrash(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	f, err := local.NewFolder(root)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, ".new-123"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	for key, err := range f.List(t.Context(), "") {
		t.Errorf("listed %q, %v", key, err)
	}
	if _, err := f.Create(t.Context(), "a", []byte("whole")); err != nil {
		t.Error(err)
	}
}
