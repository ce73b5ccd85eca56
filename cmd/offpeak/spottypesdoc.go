package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"offpeak/autospot/compatible"
	"offpeak/internal/market"
)

// typesJSON is which types can stand in for a base, and why the others cannot.
type typesJSON struct {
	Base    typeJSON       `json:"base"`
	Catalog string         `json:"catalog"` // where it is from
	Needs   typeNeedsJSON  `json:"needs"`
	Fit     []typeJSON     `json:"accepted"`
	Unfit   []rejectedJSON `json:"rejected"`
}

// typeNeedsJSON are what types were held to beside the base.
type typeNeedsJSON struct {
	Zones []string `json:"zones"`
	Share int      `json:"baseline_percent"` // of the base's network and volumes
	Store bool     `json:"uses_instance_store"`
	Allow []string `json:"allow"`
	Deny  []string `json:"deny"`
}

// typeJSON is what an instance type is. Megabits are baselines, absent where AWS tells none.
type typeJSON struct {
	Type          string   `json:"type"`
	VCPUs         int      `json:"vcpus"`
	MemoryMiB     int      `json:"memory_mib"`
	Architectures []string `json:"architectures"`
	Processor     string   `json:"processor,omitempty"`
	NetworkMbps   int      `json:"network_mbps,omitempty"`
	VolumesMbps   int      `json:"ebs_mbps,omitempty"`
	Disks         int      `json:"disks,omitempty"`
	DisksGB       int      `json:"disks_gb,omitempty"`
}

type rejectedJSON struct {
	Type    string       `json:"type"`
	Reasons []reasonJSON `json:"reasons"`
}

type reasonJSON struct {
	Code compatible.Code `json:"code"`
	Text string          `json:"text"`
}

func typeDocument(s *market.Spec) typeJSON {
	return typeJSON{
		Type: s.Type, VCPUs: s.VCPU, MemoryMiB: s.MemoryMiB, Architectures: s.Architectures, Processor: s.Manufacturer,
		NetworkMbps: s.Network.BaselineMbps, VolumesMbps: s.EBS.BaselineMbps, Disks: s.Store.Disks, DisksGB: s.Store.TotalGB,
	}
}

func typesDocument(r compatible.Result, source string) typesJSON {
	doc := typesJSON{
		Base: typeDocument(r.Base), Catalog: source, Fit: []typeJSON{}, Unfit: []rejectedJSON{},
		Needs: typeNeedsJSON{listOf(r.Needs.Zones), r.Needs.Share, r.Needs.Store, listOf(r.Needs.Allow), listOf(r.Needs.Deny)},
	}
	for _, a := range r.Accepted {
		doc.Fit = append(doc.Fit, typeDocument(a.Spec))
	}
	for _, x := range r.Rejected {
		rejected := rejectedJSON{Type: x.Spec.Type}
		for _, reason := range x.Reasons() {
			rejected.Reasons = append(rejected.Reasons, reasonJSON{reason.Code, reason.Text})
		}
		doc.Unfit = append(doc.Unfit, rejected)
	}
	return doc
}

// listOf is a list that JSON writes as one even where it is empty.
func listOf(list []string) []string { return append([]string{}, list...) }

// renderTypes writes the types for people: the accepted by size, those of a fitting size that lack one thing alone with what that is, and the others
// counted by the first thing that they lack; in verbose, all with everything.
func renderTypes(w io.Writer, d typesJSON, verbose bool, s style) error {
	l := &lines{w: w, style: s}
	where := ""
	if len(d.Needs.Zones) > 0 {
		where = " in " + strings.Join(d.Needs.Zones, ", ")
	}
	l.say("%s", s.paint(bold, fmt.Sprintf("%s can stand in for %s on Spot%s, of %d in %s.", counted(len(d.Fit), "type"), d.Base.Type, where, len(d.Fit)+len(d.Unfit), d.Catalog)))
	l.say("A type needs %d %% of its baselines of network and volumes.%s\n", d.Needs.Share, needsText(d.Needs))
	rows := []row{{cells: []string{"type", "vCPUs", "memory", "processor", "network", "volumes", "disks"}, colours: []string{dim, dim, dim, dim, dim, dim, dim}}}
	for _, t := range slices.SortedFunc(slices.Values(d.Fit), bySize) {
		colour := green
		if t.Type == d.Base.Type {
			colour = bold
		}
		rows = append(rows, row{cells: typeCells(t), colours: []string{colour}})
	}
	if len(d.Fit) > 0 && l.err == nil {
		l.err = s.writeRows(w, 2, rows)
	}
	if verbose {
		return renderRejected(l, d.Unfit)
	}
	return renderGrouped(l, d.Unfit)
}

func needsText(n typeNeedsJSON) string {
	text := ""
	if n.Store {
		text += " Its disks are in use."
	}
	if len(n.Allow) > 0 {
		text += " Allowed: " + strings.Join(n.Allow, ", ") + "."
	}
	if len(n.Deny) > 0 {
		text += " Denied: " + strings.Join(n.Deny, ", ") + "."
	}
	if len(n.Zones) == 0 {
		text += " Where types are offered was not looked at: name zones with --zone."
	}
	return text
}

func typeCells(t typeJSON) []string {
	disks := ""
	if t.Disks > 0 {
		disks = fmt.Sprintf("%d GB", t.DisksGB)
	}
	return []string{t.Type, strconv.Itoa(t.VCPUs), inThousands(t.MemoryMiB*1000/1024) + " GiB", t.Processor, bandwidth(t.NetworkMbps), bandwidth(t.VolumesMbps), disks}
}

// bandwidth writes megabits per second as gigabits; nothing where they are not known.
func bandwidth(mbps int) string {
	if mbps == 0 {
		return ""
	}
	return inThousands(mbps) + " Gbit/s"
}

// inThousands writes a number of thousandths with as many places as it takes.
func inThousands(n int) string {
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%d.%03d", n/1000, n%1000), "0"), ".")
}

func renderRejected(l *lines, rejected []rejectedJSON) error {
	if len(rejected) > 0 {
		l.say("\n%s", l.style.paint(bold, "Rejected"))
	}
	var rows []row
	for _, x := range rejected {
		name := x.Type
		for _, reason := range x.Reasons {
			rows = append(rows, row{cells: []string{name, string(reason.Code), reason.Text}, colours: []string{"", yellow}})
			name = ""
		}
	}
	if l.err == nil {
		l.err = l.style.writeRows(l.w, 2, rows)
	}
	return l.err
}

func renderGrouped(l *lines, rejected []rejectedJSON) error {
	var near []rejectedJSON
	others := map[compatible.Code][]string{}
	for _, x := range rejected {
		if first := x.Reasons[0].Code; len(x.Reasons) == 1 && first != compatible.VCPUs && first != compatible.Memory {
			near = append(near, x)
			continue
		}
		others[x.Reasons[0].Code] = append(others[x.Reasons[0].Code], x.Type)
	}
	if len(near) > 0 {
		l.say("\n%s", l.style.paint(bold, "Of a fitting size, and rejected for one reason alone"))
		var rows []row
		for _, x := range near {
			rows = append(rows, row{cells: []string{x.Type, string(x.Reasons[0].Code), x.Reasons[0].Text}, colours: []string{"", yellow}})
		}
		if l.err == nil {
			l.err = l.style.writeRows(l.w, 2, rows)
		}
	}
	if len(others) == 0 {
		return l.err
	}
	l.say("\n%s", l.style.paint(bold, "Rejected otherwise, by the first reason (-v shows all)"))
	var rows []row
	for _, code := range compatible.Codes() {
		if names := others[code]; len(names) > 0 {
			rows = append(rows, row{cells: []string{string(code), counted(len(names), "type"), byFamily(names)}, colours: []string{yellow}})
		}
	}
	if l.err == nil {
		l.err = l.style.writeRows(l.w, 2, rows)
	}
	return l.err
}

// byFamily names a few types, or counts many by their families.
func byFamily(names []string) string {
	const few = 6
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	families := map[string]int{}
	for _, name := range names {
		family, _, _ := strings.Cut(name, ".")
		families[family]++
	}
	var texts []string
	for _, family := range slices.Sorted(maps.Keys(families)) {
		texts = append(texts, fmt.Sprintf("%s (%d)", family, families[family]))
	}
	return strings.Join(texts, ", ")
}
