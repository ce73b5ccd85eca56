package calendar

import (
	"errors"
	"fmt"
	"strings"

	"offpeak/scheduler/wall"
)

// include adds the occurrence of an RDATE.
func (e *event) include(m moment) error {
	if m.date != e.start.date {
		return errors.New("of it and DTSTART one is a date, one a time")
	}
	at, err := m.on(e.start.zone)
	if err != nil {
		return err
	}
	e.extra = append(e.extra, at)
	return nil
}

// exclude takes out the occurrence of an EXDATE or a RECURRENCE-ID. A date takes out every occurrence of that date; midnight
// stands for its date where the event is a date.
func (e *event) exclude(m moment) error {
	if m.date || e.start.date {
		hour, minute := m.at.Clock()
		if hour != 0 || minute != 0 {
			return errors.New("is a time, the event a date")
		}
		if e.goneOn == nil {
			e.goneOn = map[wall.Date]bool{}
		}
		e.goneOn[m.at.Date()] = true
		return nil
	}
	at, err := m.on(e.start.zone)
	if err != nil {
		return err
	}
	if e.gone == nil {
		e.gone = map[wall.Minute]bool{}
	}
	e.gone[at] = true
	return nil
}

func (r *icsReader) addOverride(p, uid property) error {
	if strings.TrimSpace(p.params["RANGE"]) != "" {
		return errors.New("RANGE is not supported: export the changed occurrences one by one")
	}
	if uid.value == "" {
		return errors.New("without UID")
	}
	m, err := r.moment(p)
	if err != nil {
		return err
	}
	r.overrides = append(r.overrides, override{p, uid.value, m})
	return nil
}

// override takes what has been replaced or cancelled out of the events it belongs to. Where these are not in the file, what stands
// in their place stands alone.
func (r *icsReader) override() error {
	for _, o := range r.overrides {
		for _, e := range r.masters[o.uid] {
			if err := e.exclude(o.moment); err != nil {
				return lineError{o.property.line, fmt.Errorf("RECURRENCE-ID: %w", err)}
			}
		}
	}
	return nil
}
