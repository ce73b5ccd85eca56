package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"offpeak/internal/fleet"
)

// ReadMemoryFile reads memory that WriteMemory wrote. A file that does not exist is the memory of a fleet that was never seen: every
// resource is new to it. That is not the absence of memory, so the result is nil only with an error.
func ReadMemoryFile(name string) (*fleet.Memory, error) {
	file, err := os.Open(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		empty := (*fleet.Memory)(nil).Clone()
		return &empty, nil
	case err != nil:
		return nil, err
	}
	defer file.Close() //nolint:errcheck // nothing is lost by closing a file that was only read
	memory, err := fleet.ReadMemory(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &memory, nil
}

// ReadPricesFile reads the price list of this name.
func ReadPricesFile(name string) (fleet.Prices, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // nothing is lost by closing a file that was only read
	return ReadPrices(name, file)
}

// WriteMemory writes memory for ReadMemoryFile. A file of this name is replaced whole or not at all.
func WriteMemory(name string, m fleet.Memory) error { return writeJSON(name, m) }

// WriteSnapshot writes a snapshot for ReadInventory. A file of this name is replaced whole or not at all.
func WriteSnapshot(name string, s fleet.Snapshot) error { return writeJSON(name, s) }

func writeJSON(name string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err == nil {
		err = replace(name, append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// replace writes a file beside the one it replaces and renames it, so that whoever reads, or a crash, finds the old or the new text
// and never half of it. It follows links, keeps permissions, and writes straight to what is no file, such as /dev/stdout.
func replace(name string, text []byte) error {
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(name, text, 0)
	}
	if err == nil {
		name, err = filepath.EvalSymlinks(name)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	temporary, err := beside(name)
	if err != nil {
		return err
	}
	err = fill(temporary, text, info)
	if err == nil {
		err = os.Rename(temporary.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return nil
}

// beside makes a new file in the folder of another one. Unlike os.CreateTemp it grants what the user's umask grants.
func beside(name string) (file *os.File, err error) {
	for i := range 1000 {
		temporary := fmt.Sprintf(".%s.%d-%d", filepath.Base(name), os.Getpid(), i)
		file, err = os.OpenFile(filepath.Join(filepath.Dir(name), temporary), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return file, err
}

// fill writes a file to the disk itself and closes it. It gets the permissions of the file that it is to replace, if there is one.
func fill(file *os.File, text []byte, replaced fs.FileInfo) error {
	_, err := file.Write(text)
	if err == nil && replaced != nil {
		err = file.Chmod(replaced.Mode().Perm())
	}
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
