package experience

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/market"
)

// Format marks records that are kept, and the version of their form.
const Format = "offpeak-experience/1"

type kept struct {
	Format  string          `json:"format"`
	Account fleet.AccountID `json:"account"`
	Region  fleet.Region    `json:"region"`
	Looked  time.Time       `json:"looked"`
	Weeks   []keptWeek      `json:"weeks"`
	Running []keptGroup     `json:"running,omitempty"`
	Counted []keptNotice    `json:"counted,omitempty"`
}

type keptWeek struct {
	From     string     `json:"from"` // a Monday
	Pools    []keptPool `json:"pools,omitempty"`
	Unplaced int        `json:"unplaced,omitempty"`
}

type keptPool struct {
	Type          string   `json:"type"`
	Zone          string   `json:"zone"`
	Product       string   `json:"product"`
	Interruptions int      `json:"interruptions,omitempty"`
	Minutes       int64    `json:"minutes,omitempty"`
	Crowd         int64    `json:"instance_minutes_together,omitempty"`
	Instances     []string `json:"instances,omitempty"` // of what runs
}

type keptGroup struct {
	ARN   fleet.ARN  `json:"arn"`
	Pools []keptPool `json:"pools"`
}

type keptNotice struct {
	Instance string    `json:"instance"`
	At       time.Time `json:"at"`
}

// MarshalJSON writes a record in the form that Parse reads: the same record is the same text.
func (r *Record) MarshalJSON() ([]byte, error) {
	k := kept{Format: Format, Account: r.Scope.Account, Region: r.Scope.Region, Looked: r.Looked.UTC(), Weeks: []keptWeek{}}
	begins := slices.Collect(maps.Keys(r.Weeks))
	for at := range r.Unplaced {
		if _, there := r.Weeks[at]; !there {
			begins = append(begins, at)
		}
	}
	slices.SortFunc(begins, time.Time.Compare)
	for _, at := range begins {
		w := keptWeek{From: at.UTC().Format(time.DateOnly), Unplaced: r.Unplaced[at]}
		for _, pool := range slices.SortedFunc(maps.Keys(r.Weeks[at]), comparePools) {
			c := r.Weeks[at][pool]
			w.Pools = append(w.Pools, keptPool{Type: pool.Type, Zone: pool.Zone, Product: pool.Product, Interruptions: c.Interruptions, Minutes: c.Minutes, Crowd: c.Crowd})
		}
		k.Weeks = append(k.Weeks, w)
	}
	for _, arn := range slices.Sorted(maps.Keys(r.Running)) {
		k.Running = append(k.Running, keptGroup{arn, poolsOf(r.Running[arn])})
	}
	for _, id := range slices.Sorted(maps.Keys(r.Counted)) {
		k.Counted = append(k.Counted, keptNotice{id, r.Counted[id].UTC()})
	}
	return json.Marshal(k)
}

// poolsOf are instances by pool.
func poolsOf(running map[string]market.Pool) (pools []keptPool) {
	ids := map[market.Pool][]string{}
	for id, pool := range running {
		ids[pool] = append(ids[pool], id)
	}
	for _, pool := range slices.SortedFunc(maps.Keys(ids), comparePools) {
		slices.Sort(ids[pool])
		pools = append(pools, keptPool{Type: pool.Type, Zone: pool.Zone, Product: pool.Product, Instances: ids[pool]})
	}
	return pools
}

// Parse reads a record, strictly and whole.
func Parse(data []byte) (Record, error) {
	var k kept
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&k); err != nil {
		return Record{}, fmt.Errorf("read own interruptions: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Record{}, errors.New("read own interruptions: text follows the record")
	}
	r, err := k.record()
	if err != nil {
		return Record{}, fmt.Errorf("read own interruptions: %w", err)
	}
	return r, nil
}

func (k *kept) record() (Record, error) {
	account, err := fleet.ParseAccountID(string(k.Account))
	switch {
	case k.Format != Format:
		return Record{}, fmt.Errorf("the format is %.40q, this offpeak reads %q", k.Format, Format)
	case err != nil:
		return Record{}, err
	case k.Region == "":
		return Record{}, errors.New("it names no region")
	case k.Looked.IsZero():
		return Record{}, errors.New("it does not say when it was looked last")
	}
	r := (&Record{Scope: fleet.Scope{Account: account, Region: k.Region}, Looked: k.Looked.UTC()}).clone()
	for _, w := range k.Weeks {
		if err := w.into(&r); err != nil {
			return Record{}, err
		}
	}
	for _, g := range k.Running {
		if _, twice := r.Running[g.ARN]; g.ARN == "" || twice {
			return Record{}, fmt.Errorf("running: %.120q is empty or stands twice", g.ARN)
		}
		r.Running[g.ARN] = map[string]market.Pool{}
		for _, p := range g.Pools {
			for _, id := range p.Instances {
				r.Running[g.ARN][id] = market.Pool{Zone: p.Zone, Type: p.Type, Product: p.Product}
			}
		}
	}
	for _, n := range k.Counted {
		r.Counted[n.Instance] = n.At.UTC()
	}
	return r, nil
}

func (w *keptWeek) into(r *Record) error {
	at, err := time.Parse(time.DateOnly, w.From)
	if err != nil || !at.Equal(monday(at)) {
		return fmt.Errorf("weeks: %.40q is no Monday such as 2026-11-16", w.From)
	}
	if _, twice := r.Weeks[at]; twice || w.Unplaced < 0 {
		return fmt.Errorf("weeks: %s stands twice, or counts below zero", w.From)
	}
	pools := map[market.Pool]Count{}
	for _, p := range w.Pools {
		pool := market.Pool{Zone: p.Zone, Type: p.Type, Product: p.Product}
		if _, twice := pools[pool]; twice || p.Type == "" || p.Interruptions < 0 || p.Minutes < 0 || p.Crowd < 0 {
			return fmt.Errorf("weeks: %s: %.60q in %.40q has no type, stands twice, or counts below zero", w.From, p.Type, p.Zone)
		}
		pools[pool] = Count{p.Interruptions, p.Minutes, p.Crowd}
	}
	r.Weeks[at] = pools
	if w.Unplaced > 0 {
		r.Unplaced[at] = w.Unplaced
	}
	return nil
}
