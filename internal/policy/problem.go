package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a policy, or that deserves a second look.
type Problem struct {
	File         string // as given to Load
	Line, Column int    // from 1; the column counts characters; zero: the file as a whole
	Path         string // such as schedules.seoul-office.open[0]
	What         string
	Say          string // what to write instead, where that is known
}

// Error writes the problem on one line, as editors can follow it: offpeak.yaml:12:7: schedules.office.opn: unknown key (did you mean open?).
func (p Problem) Error() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File + ":")
	}
	if p.Line > 0 {
		fmt.Fprintf(&b, "%d:%d:", p.Line, p.Column)
	}
	if b.Len() > 0 {
		b.WriteString(" ")
	}
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.What)
	if p.Say != "" {
		fmt.Fprintf(&b, " (%s)", p.Say)
	}
	return b.String()
}

// Problems are all that was found at once, sorted by position. As an error it is one problem a line.
type Problems []Problem

// Error writes every problem on a line of its own.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find a single Problem.
func (ps Problems) Unwrap() []error {
	list := make([]error, len(ps))
	for i, p := range ps {
		list[i] = p
	}
	return list
}

// mostProblems is how many problems are kept: nobody mends more at once, and a broken generator must not fill the memory.
const mostProblems = 200

// findings collects problems and counts what goes beyond mostProblems.
type findings struct {
	list Problems
	more int
}

func (f *findings) add(p Problem) {
	if len(f.list) >= mostProblems {
		f.more++
		return
	}
	f.list = append(f.list, p)
}

// full reports whether further problems are only counted, so that advice for them need not be sought.
func (f *findings) full() bool { return len(f.list) >= mostProblems }

// sorted returns the problems by position, without repetitions.
func (f *findings) sorted(file string) Problems {
	slices.SortStableFunc(f.list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	list := slices.Compact(f.list)
	if f.more > 0 {
		list = append(list, Problem{File: file, What: fmt.Sprintf("and %d more problems, not listed", f.more)})
	}
	return list
}

// count returns how many problems were found, the kept ones and the others.
func (f *findings) count() int { return len(f.list) + f.more }
