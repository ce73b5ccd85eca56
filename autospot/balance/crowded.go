package balance

import "time"

// crowded notes since when a zone holds more Spot instances than the group's odds allow, and tells a person once where that lasts. It changes nothing:
// in which zones instances are launched and ended is Auto Scaling's own, which would work against whoever ended one.
func (l *look) crowded(c *Change) {
	switch {
	case l.Crowded == "" || l.Desired == 0:
		l.m.CrowdedSince, l.m.CrowdedTold = time.Time{}, false
		return
	case l.Refreshing || l.m.CrowdedTold:
		return
	case l.m.CrowdedSince.IsZero():
		l.m.CrowdedSince = l.now
	}
	lasts := l.m.CrowdedSince.Add(l.Lasting)
	switch {
	case l.now.Before(lasts):
		if c.Again.IsZero() || lasts.Before(c.Again) {
			c.Again = lasts
		}
	case c.Alert == "":
		c.Alert, c.Remedy, l.m.CrowdedTold = l.Crowded, l.Mend, true
	}
}
