package local_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/local"
)

// FuzzReadInventory holds the reader against encoding/json: it accepts nothing that encoding/json refuses, reads the same values, and
// refuses no JSON but what is ambiguous (a name twice in an object) or no text (invalid UTF-8, halves of characters).
func FuzzReadInventory(f *testing.F) {
	for _, name := range []string{"instances.json", "groups.json", "databases.json", "clusters.json", "services.json", "snapshot.json"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		var compact bytes.Buffer
		if err := json.Compact(&compact, text); err != nil {
			f.Fatal(err)
		}
		f.Add(compact.Bytes())
	}
	f.Add([]byte(versions))
	f.Add([]byte(`{"TargetGroupArn": "a", "Attributes": [{"Key": "stickiness.enabled", "Value": "true"}]} {"clusters": [{"clusterArn": "arn:aws:ecs:us-east-1:111122223333:cluster/x", "capacityProviders": ["a"]}]}`))
	for _, text := range []string{`null`, `"\ud83d\ude00\ud800"`, `{"a":1,"a":2}`, `[1e5,-0.1,true,null,""]`, "\"\xff\"", `01`, `"\x"`, "\"\n\"", `{"a":{"b":[[]]}} {}`, "\ufeff{}", "{\x00}"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		opts := local.Options{Taken: friday, Account: "", Region: ""}
		s, err := readBytes(text, opts)
		if err == nil {
			agrees(t, bytes.TrimPrefix(text, []byte("\ufeff")), s)
			readsBack(t, s)
			launchesTheSame(t, text, opts, s)
		}
		acceptsAsMuch(t, text)
	})
}

// launchesTheSame asks for how things launch too, which changes nothing else; a group can be refused then that tells it in a way that AWS does not.
func launchesTheSame(t *testing.T, text []byte, opts local.Options, plain fleet.Snapshot) {
	t.Helper()
	opts.Launch = true
	asked, err := readBytes(text, opts)
	if err != nil {
		return
	}
	readsBack(t, asked)
	for i := range asked.Resources {
		if plain.Resources[i].Launch == nil { // a saved snapshot keeps its own
			asked.Resources[i].Launch = nil
		}
	}
	if diff := cmp.Diff(plain, asked); diff != "" {
		t.Fatalf("asking how things launch changes more than that: %s", diff)
	}
}

func readBytes(text []byte, opts local.Options) (fleet.Snapshot, error) {
	return local.ReadInventory([]local.Source{{Name: "fuzz", Reader: bytes.NewReader(text)}}, opts)
}

// agrees reads an accepted text with encoding/json and compares what is comparable.
func agrees(t *testing.T, text []byte, s fleet.Snapshot) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	var instances, others int
	for {
		var answer map[string]any
		err := decoder.Decode(&answer)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("encoding/json refuses what was accepted: %v", err)
		}
		for _, reservation := range list(answer["Reservations"]) {
			for _, instance := range list(reservation["Instances"]) {
				instances++
				sameInstance(t, s, reservation, instance)
			}
		}
		for _, name := range []string{"AutoScalingGroups", "DBInstances", "DBClusters", "services", "resources"} {
			others += len(list(answer[name]))
		}
	}
	if got, most := len(s.Resources), instances+others; got > most || got == 0 && most > 0 {
		t.Fatalf("%d resources were read of %d", got, most)
	}
}

func list(value any) []map[string]any {
	var objects []map[string]any
	elements, _ := value.([]any)
	for _, e := range elements {
		object, _ := e.(map[string]any)
		objects = append(objects, object)
	}
	return objects
}

// sameInstance finds an instance of the answer in the snapshot and compares it.
func sameInstance(t *testing.T, s fleet.Snapshot, reservation, instance map[string]any) {
	t.Helper()
	id, _ := instance["InstanceId"].(string)
	owner, _ := reservation["OwnerId"].(string)
	at := slices.IndexFunc(s.Resources, func(r fleet.Resource) bool {
		return r.Kind == fleet.EC2Instance && r.ID == id && string(r.Scope.Account) == owner
	})
	if at < 0 {
		t.Fatalf("instance %q of %q was lost", id, owner)
	}
	r := s.Resources[at]
	state, _ := instance["State"].(map[string]any)
	name, _ := state["Name"].(string)
	kind, _ := instance["InstanceType"].(string)
	var tags []fleet.Tag
	for _, tag := range list(instance["Tags"]) {
		key, _ := tag["Key"].(string)
		value, _ := tag["Value"].(string)
		tags = append(tags, fleet.Tag{Key: key, Value: value})
	}
	if len(tags) == 0 {
		tags = nil
	}
	want := fleet.NewTags(tags...)
	if r.Status != name || r.Type != kind || len(want)+len(r.Tags) > 0 && !slices.Equal(r.Tags, want) {
		t.Fatalf("got %s %s %v, encoding/json reads %s %s %v", r.Status, r.Type, r.Tags, name, kind, want)
	}
}

// readsBack saves a snapshot and reads it again.
func readsBack(t *testing.T, s fleet.Snapshot) {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatalf("what was read cannot be saved: %v", err)
	}
	again, err := readBytes(text, local.Options{})
	if err != nil {
		t.Fatalf("what was saved cannot be read: %v", err)
	}
	if text, second := saved(t, s), saved(t, again); text != second {
		t.Fatal(cmp.Diff(text, second))
	}
}

// acceptsAsMuch puts any text where a value is passed over. If it is one value for encoding/json, it must be accepted exactly when it
// is neither ambiguous nor broken as text.
func acceptsAsMuch(t *testing.T, text []byte) {
	t.Helper()
	whole := slices.Concat([]byte(`{"Reservations":[{"Instances":[],"Groups":`), text, []byte(`}]}`))
	s, err := readBytes(whole, local.Options{Taken: friday})
	switch {
	case json.Valid(text) && json.Valid(whole):
		if got, want := err == nil, sound(text); got != want {
			t.Fatalf("accepted: %t (%v), sound: %t", got, err, want)
		}
	case err == nil: // it may go on behind the value, for instance with a second answer
		agrees(t, whole, s)
	}
}

// sound reports whether JSON is text throughout and no object has a name twice.
func sound(text []byte) bool {
	if !utf8.Valid(text) || halves(string(text)) {
		return false
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	type object struct {
		names   map[string]bool // nil in lists
		isValue bool            // whether a value stands next
	}
	stack := []*object{{}}
	for {
		token, err := decoder.Token()
		if err != nil {
			return errors.Is(err, io.EOF)
		}
		top := stack[len(stack)-1]
		if name, isText := token.(string); isText && top.names != nil && !top.isValue {
			if top.names[name] {
				return false
			}
			top.names[name], top.isValue = true, true
			continue
		}
		switch token {
		case json.Delim('}'), json.Delim(']'):
			stack = stack[:len(stack)-1]
			continue
		case json.Delim('{'):
			stack = append(stack, &object{names: map[string]bool{}})
		case json.Delim('['):
			stack = append(stack, &object{})
		}
		top.isValue = false
	}
}

// halves reports whether JSON escapes half a character: encoding/json reads U+FFFD in its place, which is written otherwise.
func halves(text string) bool {
	for {
		at := strings.IndexByte(text, '\\')
		if at < 0 || at+1 >= len(text) {
			return false
		}
		if text[at+1] != 'u' {
			text = text[at+2:]
			continue
		}
		length := 6
		if high := unit(text[at:]); high >= 0xd800 && high < 0xdc00 {
			low := unit(text[at+6:])
			if low < 0xdc00 || low > 0xdfff {
				return true
			}
			length = 12
		} else if high >= 0xdc00 && high <= 0xdfff {
			return true
		}
		text = text[min(at+length, len(text)):]
	}
}

// unit reads the escaped UTF-16 unit at the beginning of a text; -1 if there is none.
func unit(text string) int {
	if len(text) < 6 || text[:2] != `\u` {
		return -1
	}
	value := 0
	for _, digit := range text[2:6] {
		at := strings.IndexRune("0123456789abcdef", digit|0x20)
		if at < 0 {
			return -1
		}
		value = value*16 + at
	}
	return value
}

// FuzzReadPrices: a price list either reads, or fails with an error that names it; one that reads has prices that read again.
func FuzzReadPrices(f *testing.F) {
	text, err := os.ReadFile(sampleFleet + "/prices.csv")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`[{"region": "ap-northeast-2", "type": "db.m5.large", "product": "mysql", "multi_az": true, "usd_per_hour": "0.472"}]`))
	f.Add([]byte("\ufeffregion, type, usd_per_hour\r\n\r\n ap-northeast-2 , \"m5.large\" , 0.118 \r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		prices, err := local.ReadPrices("prices", bytes.NewReader(text))
		if err != nil {
			if prices != nil || !strings.HasPrefix(err.Error(), "prices: ") {
				t.Fatalf("got %v, %v", prices, err)
			}
			return
		}
		type row struct {
			Region  fleet.Region `json:"region"`
			Type    string       `json:"type"`
			Product string       `json:"product"`
			MultiAZ bool         `json:"multi_az"`
			Rate    any          `json:"usd_per_hour"`
		}
		rows := []row{}
		for key, rate := range prices {
			rows = append(rows, row{key.Region, key.Type, key.Product, key.MultiAZ, rate})
		}
		text, err = json.Marshal(rows)
		if err != nil {
			t.Fatal(err)
		}
		again, err := local.ReadPrices("prices", bytes.NewReader(text))
		if err != nil || !utf8.Valid(text) || len(again) > len(prices) {
			t.Fatalf("%s: %v, %v", text, again, err)
		}
		for key, rate := range again {
			if before, ok := prices[key]; ok && !before.Equal(rate) {
				t.Fatalf("%v: %s became %s", key, before, rate)
			}
		}
	})
}
