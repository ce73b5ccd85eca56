package fleet

import (
	"slices"
	"strings"
	"time"
)

// Succession is that an instance took another's place by a conversion. The network interface, which both had, joins them.
type Succession struct {
	Old       ARN    `json:"old"`
	Interface string `json:"interface"`
	// Begun is when the conversion began, and At when the new instance had everything that the old one had.
	Begun time.Time `json:"begun"`
	At    time.Time `json:"at"`
	// Image is what the conversion made of the old root volume; empty: none.
	Image string `json:"image,omitempty"`
}

// Image is one that a conversion has made and that is kept for a while.
type Image struct {
	ID    string    `json:"id"`
	Since time.Time `json:"since"`
	// Attempts is how often its removal was asked for, and RetryAt when that may be repeated; zero: at once.
	Attempts int       `json:"attempts,omitempty"`
	RetryAt  time.Time `json:"retry_at,omitzero"`
}

// Succeed returns a memory in which the new instance is remembered as the old one was: its schedule goes on where it was, and so does its move. What was
// remembered of the new one by itself is dropped. It does nothing the second time.
func (m *Memory) Succeed(arn ARN, s Succession) Memory {
	next := m.Clone()
	if known := next.Spot[arn].Succeeds; arn == s.Old || known != nil && known.Old == s.Old {
		return next
	}
	moved := next.Spot[s.Old]
	delete(next.Spot, s.Old)
	moved.Succeeds, moved.Images = &s, slices.Clone(moved.Images)
	if s.Image != "" {
		moved.Images = append(moved.Images, Image{ID: s.Image, Since: s.At})
	}
	next.Spot[arn] = moved
	if r, known := next.Resources[s.Old]; known {
		delete(next.Resources, s.Old)
		r.Missed, r.Left, r.Departure = time.Time{}, time.Time{}, "" // a listing that has missed one of the two has missed nobody
		next.Resources[arn] = r
	}
	return next
}

// AsIfOne returns a snapshot in which an instance that has taken another's place is not in its state since it was launched for that, but since before the
// conversion: nobody has started or stopped it then. It is the one given where there is no such instance.
func (m *Memory) AsIfOne(s *Snapshot) *Snapshot {
	if m == nil || len(m.Spot) == 0 {
		return s
	}
	one := s
	for i := range s.Resources {
		r := &s.Resources[i]
		heir := m.Spot[r.ARN].Succeeds
		if heir == nil || !r.Since.After(heir.Begun) || r.Since.After(heir.At) {
			continue
		}
		if one == s {
			copied := *s
			copied.Resources = slices.Clone(s.Resources)
			one = &copied
		}
		one.Resources[i].Since = heir.Begun
	}
	return one
}

// InstanceOf reads the id of an EC2 instance and where it is from its name; false for other names.
func InstanceOf(arn ARN) (id string, scope Scope, ok bool) {
	parts := strings.SplitN(string(arn), ":", 6) // arn:aws:ec2:ap-northeast-2:111122223333:instance/i-0a1
	if len(parts) < 6 {
		return "", Scope{}, false
	}
	id, ok = strings.CutPrefix(parts[5], "instance/")
	return id, Scope{AccountID(parts[4]), Region(parts[3])}, ok
}

// WithoutImage returns what is remembered of a move once an image is no more.
func (m Moved) WithoutImage(id string) Moved {
	m.Images = slices.DeleteFunc(slices.Clone(m.Images), func(i Image) bool { return i.ID == id })
	return m
}

// ImageTried returns what is remembered of a move when the removal of an image was asked for, or refused until an instant.
func (m Moved) ImageTried(id string, attempts int, retryAt time.Time) Moved {
	m.Images = slices.Clone(m.Images)
	for i := range m.Images {
		if m.Images[i].ID == id {
			m.Images[i].Attempts, m.Images[i].RetryAt = attempts, retryAt
		}
	}
	return m
}

// Image returns what is remembered of an image; the zero value where nothing is.
func (m Moved) Image(id string) Image {
	for _, i := range m.Images {
		if i.ID == id {
			return i
		}
	}
	return Image{}
}
