package compact

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/plan"
)

// row is an entry in columns. Absent values are null. Instants are milliseconds, which every engine reads; what is finer than that stands
// beside them, so that an entry comes back exactly.
type row struct {
	Object      string `parquet:"object,dict"` // the key of the object that the entry was written to
	Act         string `parquet:"act,optional"`
	Attempt     int32  `parquet:"attempt,optional"`
	State       string `parquet:"state,dict"`
	At          int64  `parquet:"at,timestamp(millisecond)"`
	AtNanos     int32  `parquet:"at_nanos"`
	Run         string `parquet:"run,dict"`
	Fence       int64  `parquet:"fence"`
	Policy      string `parquet:"policy,optional,dict"`
	Environment string `parquet:"environment,optional,dict"`
	Account     string `parquet:"account,dict"`
	Region      string `parquet:"region,dict"`
	Resource    string `parquet:"resource,dict"`
	ID          string `parquet:"id,dict"`
	Kind        string `parquet:"kind,optional,dict"`
	Change      string `parquet:"change,optional,dict"`
	FromMin     *int32 `parquet:"from_min,optional"`
	FromMax     *int32 `parquet:"from_max,optional"`
	FromDesired *int32 `parquet:"from_desired,optional"`
	ToMin       *int32 `parquet:"to_min,optional"`
	ToMax       *int32 `parquet:"to_max,optional"`
	ToDesired   *int32 `parquet:"to_desired,optional"`
	Move        string `parquet:"move,optional"` // as JSON
	Image       string `parquet:"image,optional"`
	Succeeds    string `parquet:"succeeds,optional"`    // as JSON
	Interrupted string `parquet:"interrupted,optional"` // as JSON
	Cause       string `parquet:"cause,optional,dict"`
	Why         string `parquet:"why,optional"`
	Rule        string `parquet:"rule,optional,dict"`
	EdgeAt      int64  `parquet:"edge_at,optional,timestamp(millisecond)"`
	EdgeWant    string `parquet:"edge_want,optional,dict"`
	Error       string `parquet:"error,optional"`
	Class       string `parquet:"class,optional,dict"`
	Notes       string `parquet:"notes,optional"`  // a line each
	Before      string `parquet:"before,optional"` // the resource as JSON
}

// rowsAtOnce is how many rows are read into memory at a time.
const rowsAtOnce = 1024

// encode writes objects as one Parquet object.
func encode(found []object) ([]byte, error) {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[row](&b, parquet.Compression(&parquet.Zstd), parquet.CreatedBy("offpeak", "1", "ledger"))
	for _, o := range found {
		rows := make([]row, 0, len(o.entries))
		for _, e := range o.entries {
			r, err := rowOf(o.key, e)
			if err != nil {
				return nil, fmt.Errorf("%s: entry of %s: %w", o.key, e.Resource, err)
			}
			rows = append(rows, r)
		}
		if _, err := w.Write(rows); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// decode reads a Parquet object: the objects that it was made of, in their order.
func decode(key string, data []byte) (found []object, err error) {
	defer func() { // the reader of Parquet panics at some files that are damaged
		if r := recover(); r != nil {
			found, err = nil, fmt.Errorf("%s cannot be read as Parquet: %v", key, r)
		}
	}()
	file, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read as Parquet: %w", key, err)
	}
	r := parquet.NewGenericReader[row](file)
	defer r.Close() //nolint:errcheck // it is in memory
	rows := make([]row, rowsAtOnce)
	for {
		clear(rows)
		n, err := r.Read(rows)
		for i := range rows[:n] {
			e, err := entryOf(&rows[i])
			if err != nil {
				return nil, fmt.Errorf("%s: entry of %s: %w", key, rows[i].Resource, err)
			}
			if last := len(found) - 1; last < 0 || found[last].key != rows[i].Object {
				found = append(found, object{key: rows[i].Object})
			}
			found[len(found)-1].entries = append(found[len(found)-1].entries, e)
		}
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s cannot be read as Parquet: %w", key, err)
		}
	}
}

func rowOf(object string, e ledger.Entry) (row, error) {
	r := row{
		Object: object, Act: e.Act, Attempt: int32(e.Attempt), State: string(e.State), Run: e.Run, Fence: e.Fence, Policy: e.Policy,
		Environment: e.Environment, Account: string(e.Scope.Account), Region: string(e.Scope.Region), Resource: string(e.Resource), ID: e.ID,
		Change: e.Change, Image: e.Image, Cause: string(e.Cause), Why: e.Why, Rule: e.Rule, Error: e.Error,
		Class: string(e.Class), Notes: strings.Join(e.Notes, "\n"),
	}
	r.At, r.AtNanos = e.At.UnixMilli(), int32(e.At.Nanosecond()%int(time.Millisecond))
	if e.Kind != 0 {
		r.Kind = e.Kind.String()
	}
	if e.Edge.At.Nanosecond()%int(time.Millisecond) != 0 {
		return r, fmt.Errorf("its edge %s is finer than a millisecond", e.Edge.At.Format(time.RFC3339Nano))
	}
	r.FromMin, r.FromMax, r.FromDesired = columnsOf(e.From)
	r.ToMin, r.ToMax, r.ToDesired = columnsOf(e.To)
	if !e.Edge.IsZero() {
		r.EdgeAt, r.EdgeWant = e.Edge.At.UnixMilli(), e.Edge.Want.String()
	}
	if e.Move != nil {
		text, err := json.Marshal(e.Move)
		if err != nil {
			return r, err
		}
		r.Move = string(text)
	}
	if e.Succeeds != nil {
		text, err := json.Marshal(e.Succeeds)
		if err != nil {
			return r, err
		}
		r.Succeeds = string(text)
	}
	if e.Interrupted != nil {
		text, err := json.Marshal(e.Interrupted)
		if err != nil {
			return r, err
		}
		r.Interrupted = string(text)
	}
	if e.Before != nil {
		text, err := json.Marshal(e.Before)
		if err != nil {
			return r, err
		}
		r.Before = string(text)
	}
	return r, nil
}

func entryOf(r *row) (ledger.Entry, error) {
	e := ledger.Entry{
		Act: r.Act, Attempt: int(r.Attempt), State: ledger.State(r.State), Run: r.Run, Fence: r.Fence, Policy: r.Policy,
		Environment: r.Environment, Scope: fleet.Scope{Account: fleet.AccountID(r.Account), Region: fleet.Region(r.Region)},
		Resource: fleet.ARN(r.Resource), ID: r.ID, Change: r.Change, Image: r.Image, Cause: plan.Cause(r.Cause), Why: r.Why, Rule: r.Rule, Error: r.Error, Class: failure.Class(r.Class),
		From: sizeOf(r.FromMin, r.FromMax, r.FromDesired), To: sizeOf(r.ToMin, r.ToMax, r.ToDesired),
	}
	if r.Notes != "" {
		e.Notes = strings.Split(r.Notes, "\n")
	}
	e.At = time.UnixMilli(r.At).UTC().Add(time.Duration(r.AtNanos))
	if r.Kind != "" {
		if err := e.Kind.UnmarshalText([]byte(r.Kind)); err != nil {
			return e, err
		}
	}
	if r.EdgeWant != "" {
		e.Edge.At = time.UnixMilli(r.EdgeAt).UTC()
		if err := e.Edge.Want.UnmarshalText([]byte(r.EdgeWant)); err != nil {
			return e, err
		}
	}
	if r.Move != "" {
		e.Move = new(plan.Move)
		if err := readJSON([]byte(r.Move), e.Move); err != nil {
			return e, fmt.Errorf("move: %w", err)
		}
	}
	if r.Succeeds != "" {
		e.Succeeds = new(fleet.Succession)
		if err := readJSON([]byte(r.Succeeds), e.Succeeds); err != nil {
			return e, fmt.Errorf("succeeds: %w", err)
		}
	}
	if r.Interrupted != "" {
		e.Interrupted = new(fleet.Interruption)
		if err := readJSON([]byte(r.Interrupted), e.Interrupted); err != nil {
			return e, fmt.Errorf("interrupted: %w", err)
		}
	}
	if r.Before != "" {
		e.Before = new(fleet.Resource)
		if err := readJSON([]byte(r.Before), e.Before); err != nil {
			return e, err
		}
	}
	return e, nil
}

func columnsOf(s *fleet.Size) (least, most, desired *int32) {
	if s == nil {
		return nil, nil, nil
	}
	a, b, c := int32(s.Min), int32(s.Max), int32(s.Desired)
	return &a, &b, &c
}

func sizeOf(least, most, desired *int32) *fleet.Size {
	if least == nil || most == nil || desired == nil {
		return nil
	}
	return &fleet.Size{Min: int(*least), Max: int(*most), Desired: int(*desired)}
}
