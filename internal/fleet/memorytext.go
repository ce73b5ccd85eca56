package fleet

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Memory is written whole after every sweep that changes something, so it is spelled out here instead of being found out by reflection;
// a test compares the two.

// MarshalJSON writes the memory with its format and version, keys sorted.
func (m Memory) MarshalJSON() ([]byte, error) {
	text, _, err := m.Text(nil)
	return text, err
}

// Text is MarshalJSON for who writes memory after memory. order are the keys in their order; given again, they need not be sorted anew while
// they are still the same.
func (m Memory) Text(before []ARN) (text []byte, order []ARN, err error) {
	if order = before; len(order) != len(m.Resources) {
		order = slices.Sorted(maps.Keys(m.Resources))
	}
	const roughly = 560 // bytes for one resource
	b := make([]byte, 0, (len(m.Resources)+1)*roughly)
	var c clocks
	b = append(b, `{"format":"`+MemoryFormat+`","resources":{`...)
	for i, arn := range order {
		if i > 0 {
			b = append(b, ',')
		}
		r, there := m.Resources[arn]
		if !there {
			return m.Text(nil)
		}
		b = append(appendText(b, string(arn)), ':')
		if b, err = r.appendJSON(b, &c); err != nil {
			return nil, nil, fmt.Errorf("memory of %s: %w", arn, err)
		}
	}
	b = append(b, '}')
	if len(m.Scopes) > 0 {
		b = c.appendScopes(append(b, `,"scopes":`...), m.Scopes)
	}
	if len(m.Spot) > 0 { // few, and not always written
		spot, err := json.Marshal(m.Spot)
		if err != nil {
			return nil, nil, fmt.Errorf("memory of what was moved to Spot: %w", err)
		}
		b = append(append(b, `,"spot":`...), spot...)
	}
	return append(b, '}'), order, nil
}

// appendJSON appends what is remembered of one resource.
func (r *Remembered) appendJSON(b []byte, c *clocks) ([]byte, error) {
	for _, at := range []time.Time{
		r.Enrolled, r.Done.At, r.Tried.At, r.StoppedByUs, r.RestartsAt, r.ObservedSince, r.OverrideSeen, r.OverrideEnd, r.Forecast.At, r.Missed, r.Left,
	} {
		if year := at.Year(); year < 0 || year > 9999 {
			return nil, fmt.Errorf("the year %d has no RFC 3339 form", year)
		}
	}
	b = c.appendTime(append(b, `{"enrolled":`...), r.Enrolled)
	b = appendText(append(b, `,"schedule":`...), r.Schedule)
	b = appendField(b, `,"environment":`, r.Environment)
	b = c.appendMoment(b, `,"done":`, r.Done)
	b = c.appendMoment(b, `,"tried":`, r.Tried)
	b = appendField(b, `,"act":`, r.Act)
	if r.Attempts != 0 {
		b = strconv.AppendInt(append(b, `,"attempts":`...), int64(r.Attempts), 10)
	}
	if r.Applied {
		b = append(b, `,"applied":true`...)
	}
	b = c.appendInstant(b, `,"retry_at":`, r.RetryAt)
	b = c.appendInstant(b, `,"stopped_by_us":`, r.StoppedByUs)
	b = c.appendInstant(b, `,"restarts_at":`, r.RestartsAt)
	if r.Original != nil {
		b = fmt.Appendf(b, `,"original":{"min":%d,"max":%d,"desired":%d}`, r.Original.Min, r.Original.Max, r.Original.Desired)
	}
	b = appendText(append(b, `,"observed":`...), r.Observed.String())
	b = c.appendInstant(b, `,"observed_since":`, r.ObservedSince)
	b = appendField(b, `,"override":`, r.Override)
	b = c.appendInstant(b, `,"override_seen":`, r.OverrideSeen)
	b = c.appendInstant(b, `,"override_end":`, r.OverrideEnd)
	b = c.appendMoment(b, `,"forecast":`, r.Forecast)
	b = c.appendInstant(b, `,"missed":`, r.Missed)
	b = c.appendInstant(b, `,"left":`, r.Left)
	b = appendField(b, `,"departure":`, string(r.Departure))
	return append(b, '}'), nil
}

// clocks keeps the texts of instants that were just written: a fleet's edges and looks are few.
type clocks [64]struct {
	second int64
	text   [len(`"2006-01-02T15:04:05Z"`)]byte
}

func (c *clocks) appendMoment(b []byte, name string, m Moment) []byte {
	if m.IsZero() {
		return b
	}
	b = c.appendTime(append(append(b, name...), `{"at":`...), m.At)
	return append(appendText(append(b, `,"want":`...), m.Want.String()), '}')
}

func (c *clocks) appendInstant(b []byte, name string, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	return c.appendTime(append(b, name...), t)
}

func (c *clocks) appendTime(b []byte, t time.Time) []byte {
	second := t.Unix()
	if t.Location() != time.UTC || t.Nanosecond() != 0 || second <= 0 {
		return append(t.AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
	}
	kept := &c[second/60%int64(len(c))]
	if kept.second != second {
		kept.second = second
		t.AppendFormat(append(kept.text[:0], '"'), time.RFC3339)
		kept.text[len(kept.text)-1] = '"'
	}
	return append(b, kept.text[:]...)
}

func (c *clocks) appendScopes(b []byte, scopes map[Scope]RememberedScope) []byte {
	for i, scope := range slices.SortedFunc(maps.Keys(scopes), Scope.Compare) {
		b = append(b, "{,"[min(i, 1)])
		b = append(appendText(b, scope.String()), `:{`...)
		for n, count := range scopes[scope].Counts {
			b = append(b, [2]string{`"counts":[`, `,`}[min(n, 1)]...)
			b = c.appendTime(append(b, `{"at":`...), count.At)
			b = appendText(append(b, `,"want":`...), count.Want.String())
			b = append(strconv.AppendInt(append(b, `,"acts":`...), int64(count.Acts), 10), '}')
		}
		if len(scopes[scope].Counts) > 0 {
			b = append(b, ']')
		}
		b = append(b, '}')
	}
	return append(b, '}')
}

func appendField(b []byte, name, text string) []byte {
	if text == "" {
		return b
	}
	return appendText(append(b, name...), text)
}

// appendText writes a string as encoding/json does.
func appendText(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, err := json.Marshal(text)
			if err != nil {
				return append(b, `""`...) // strings can always be written
			}
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), text...), '"')
}
