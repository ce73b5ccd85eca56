//go:build ignore

// Program generate writes the sample fleet: what the AWS CLI would print for three accounts at two moments, a Friday evening and the
// Monday morning after it. Run it in this folder: go run *.go
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// object is a JSON object that keeps the order of its members: names and values in turn.
type object []any

func (o object) MarshalJSON() ([]byte, error) {
	var text bytes.Buffer
	text.WriteByte('{')
	for i := 0; i < len(o); i += 2 {
		if i > 0 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, "%q:", o[i])
		value, err := plainJSON(o[i+1])
		if err != nil {
			return nil, err
		}
		text.Write(value)
	}
	text.WriteByte('}')
	return text.Bytes(), nil
}

func plainJSON(value any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimSpace(text.Bytes()), err
}

type list []any

// moment is one of the two times at which the fleet is seen.
type moment struct {
	folder string
	monday bool
}

// at chooses between what is seen on Friday and on Monday.
func at[T any](m moment, friday, monday T) T {
	if m.monday {
		return monday
	}
	return friday
}

func main() {
	for _, m := range []moment{{"friday", false}, {"monday", true}} {
		for _, a := range accounts {
			for name, documents := range a.documents(m) {
				write(filepath.Join(m.folder, a.name+"-"+name+".json"), documents)
			}
		}
	}
}

// documents are an account's files; one with resources in two regions has one document for each, as a shell loop writes them.
func (a account) documents(m moment) map[string][]object {
	files := map[string][]object{}
	for _, region := range []string{seoul, virginia} {
		listed := map[string]list{}
		for _, r := range a.resources {
			if r.where() == region {
				if record := r.record(a, m); record != nil {
					listed[r.file()] = append(listed[r.file()], record)
				}
			}
		}
		for _, f := range []struct{ file, list string }{
			{"instances", "Reservations"},
			{"groups", "AutoScalingGroups"},
			{"databases", "DBInstances"},
			{"clusters", "DBClusters"},
			{"services", "services"},
		} {
			records := listed[f.file]
			if len(records) == 0 {
				continue
			}
			document := object{f.list, records}
			if f.file == "services" {
				document = append(document, "failures", list{})
			}
			files[f.file] = append(files[f.file], document)
		}
	}
	return files
}

func write(name string, documents []object) {
	var text bytes.Buffer
	for _, d := range documents {
		compact, err := plainJSON(d)
		if err != nil {
			log.Fatal(err)
		}
		if err := json.Indent(&text, compact, "", "    "); err != nil {
			log.Fatal(err)
		}
		text.WriteByte('\n')
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(name, text.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}

// kst reads a wall clock in Seoul, and iso writes an instant as the AWS CLI does.
func kst(clock string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05 -0700", clock+" +0900")
	if err != nil {
		log.Fatal(err)
	}
	return t.UTC()
}

func iso(clock string) string { return kst(clock).Format("2006-01-02T15:04:05+00:00") }

// id makes an id that stays the same from run to run.
func id(prefix, of string) string {
	sum := sha256.Sum256([]byte(prefix + of))
	return prefix + "0" + hex.EncodeToString(sum[:])[:16]
}

// tagList reads "Team=주문 | offpeak:schedule=seoul-office" into a list of tags; the separators leave room for any value.
func tagList(text, key, value string, more ...any) list {
	tags := list{}
	for _, pair := range strings.Split(text, " | ") {
		if pair == "" {
			continue
		}
		k, v, _ := strings.Cut(pair, "=")
		tags = append(tags, append(object{key, k, value, v}, more...))
	}
	return tags
}
