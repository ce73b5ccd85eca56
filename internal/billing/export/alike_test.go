package export

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The files are the same whether or not it is known which rows are alike: also where numbers meet in one place of what is remembered, where a dictionary is
// outgrown, and from file to file.
func TestFilesDoNotTellThatRowsWereKnownToBeAlike(t *testing.T) {
	t.Parallel()
	t.Run("FOCUS", func(t *testing.T) { t.Parallel(); alikeIsTheSame[Focus](t) })
	t.Run("CUR", func(t *testing.T) { t.Parallel(); alikeIsTheSame[CUR](t) })
}

func alikeIsTheSame[R Row](t *testing.T) {
	const sorts, total = 1500, 18000
	texts, doubles, times := randomRows[R](1, sorts, july), randomRows[R](2, sorts, july), randomRows[R](3, total, july)
	r := rand.New(rand.NewPCG(4, 1))
	for i := range texts {
		long := reflect.ValueOf(&texts[i]).Elem().FieldByNameFunc(func(name string) bool { return name == "ResourceID" || name == "LineItemResourceID" })
		long.SetString(fmt.Sprint(i, strings.Repeat("x", 1500)))
	}
	rows, alike := times, make([]Alike, total)
	hour := make([][2]int, 700) // the texts and the doubles of the rows of an hour
	for i := range rows {
		at := i % len(hour)
		if i < len(hour) || r.IntN(5) == 0 {
			hour[at] = [2]int{r.IntN(1 + i*sorts/total), r.IntN(1 + i*sorts/total)}
		}
		if at == 0 && r.IntN(2) == 0 { // some machines are no longer there
			gone := r.IntN(20)
			hour = append(slices.Delete(hour, 100, 100+gone), hour[:gone]...)
		}
		mix(&rows[i], &texts[hour[at][0]], &doubles[hour[at][1]])
		if r.IntN(30) > 0 {
			alike[i] = Alike{Texts: uint32(hour[at][0]*16385 + 1), Amounts: uint32(hour[at][1]*4099 + 1)}
		}
	}
	known, unknown := t.TempDir(), t.TempDir()
	e := Export{Bucket: "b", Name: "e", RowsPerFile: 16000}
	write(t, unknown, e, rows)
	w, err := Create[R](known, e)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < total; {
		n := min(1+r.IntN(900), total-at)
		if r.IntN(8) == 0 {
			err = w.Write(rows[at : at+n])
		} else {
			err = w.WriteAlike(rows[at:at+n], alike[at:at+n])
		}
		if err != nil {
			t.Fatal(err)
		}
		at += n
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(digests(t, unknown), digests(t, known)); diff != "" {
		t.Error(diff)
	}
}

// mix gives a row the texts of one row and the doubles of another, and leaves it what tells its hour.
func mix[R Row](row, texts, doubles *R) {
	to, text, double := reflect.ValueOf(row).Elem(), reflect.ValueOf(texts).Elem(), reflect.ValueOf(doubles).Elem()
	for i, c := range tableOf[R]().columns() {
		switch to.Field(i).Interface().(type) {
		case time.Time:
		case float64, *float64, map[string]float64:
			to.Field(i).Set(double.Field(i))
		default:
			if !c.momentary {
				to.Field(i).Set(text.Field(i))
			}
		}
	}
}

// digests are the files beneath a folder.
func digests(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		all[strings.TrimPrefix(name, dir)] = fmt.Sprintf("%d bytes, %x", len(data), sha256.Sum256(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestWriteAlikeRefusesRowsOfWhichSomeAreLikeNothing(t *testing.T) {
	t.Parallel()
	w, err := Create[CUR](t.TempDir(), Export{Bucket: "b", Name: "cur"})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.WriteAlike(randomRows[CUR](1, 3, july), make([]Alike, 2)); err == nil {
		t.Error("written")
	}
}
