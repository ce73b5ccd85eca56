package offpeak_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// rules are checked on every package. A complaint says where, what, and what to do.
var rules = []struct {
	name  string
	check func(folder) []string
}{
	{"a package has a row in the table", hasRow},
	{"a package imports what its row allows", importsAllowed},
	{"an edge of the world has one home", edgesAtHome},
	{"adapters know neither each other nor planners", adaptersApart},
	{"pure packages ask nothing of the world", asksNothing},
	{"no float meets money", noFloats},
	{"a package says what it is for", hasComment},
	{"nothing happens by itself", noInit},
	{"files stay readable", notTooLong},
}

func hasRow(f folder) []string {
	if rowOf(f.path) >= 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s has no row in the table of architecture_test.go: add one beneath everything it imports, saying which packages it sees, "+
		"which modules it uses, and whether it is pure", f.path)}
}

func importsAllowed(f folder) (complaints []string) {
	at := rowOf(f.path)
	if at < 0 {
		return nil // hasRow has said so
	}
	said := map[string]bool{}
	for _, a := range f.arrows() {
		switch {
		case a.kind == standard, said[a.to]:
		case a.kind == inside && !maySee(at, a.to):
			complaints = append(complaints, fmt.Sprintf("%s: %s may not see %s. Facts flow one way: move the code to where both can see it, or pass it as a value; "+
				"if the arrow is meant, change the row in architecture_test.go and say why in the commit", a.at, f.path, a.to))
		case a.kind == outside && !slices.ContainsFunc(table[at].uses, func(module string) bool { return within(a.to, module) }):
			complaints = append(complaints, fmt.Sprintf("%s: %s may not use %s. Modules allowed here: %s; "+
				"if it needs this one too, change the row in architecture_test.go and say why in the commit", a.at, f.path, a.to, listed(table[at].uses)))
		}
		said[a.to] = true
	}
	return complaints
}

// rowOf is the place of a folder's row in the table, -1 if it has none.
func rowOf(path string) int {
	return slices.IndexFunc(table, func(r row) bool { return r.folder == path })
}

// maySee says whether the row may see a folder: it names the folder, or a pattern that covers it, and the folder's row is above.
func maySee(row int, to string) bool {
	above := rowOf(to)
	return above >= 0 && above < row && slices.ContainsFunc(table[row].sees, func(pattern string) bool {
		beneath, wild := strings.CutSuffix(pattern, "...")
		return pattern == to || wild && strings.HasPrefix(to, beneath)
	})
}

func edgesAtHome(f folder) (complaints []string) {
	for _, a := range f.arrows() {
		for _, edge := range edges {
			if within(a.to, edge.module) && !within(f.path, edge.home) {
				complaints = append(complaints, fmt.Sprintf("%s: %s belongs to %s alone; ask it for a value of a pure package instead of importing %s",
					a.at, edge.module, edge.home, a.to))
			}
		}
	}
	return complaints
}

func adaptersApart(f folder) (complaints []string) {
	home := slices.IndexFunc(adapters, func(adapter string) bool { return within(f.path, adapter) })
	if home < 0 {
		return nil
	}
	for _, a := range f.arrows() {
		for _, other := range slices.Concat(adapters, planners) {
			if a.kind == inside && other != adapters[home] && within(a.to, other) {
				complaints = append(complaints, fmt.Sprintf("%s: the adapter %s knows %s; adapters speak fleet, plan, ledger and billing, and whoever wires them brings them together",
					a.at, f.path, a.to))
			}
		}
	}
	return complaints
}

// worldlyImports are the standard packages that reach out of the program, and what to do instead.
var worldlyImports = []struct{ path, instead string }{
	{"os", "take the content, not the file or the variable"},
	{"io/ioutil", "take the content, not the file"},
	{"syscall", "leave it to an adapter"},
	{"net", "leave it to an adapter"},
	{"log", "return an error or a reason; mains log, once"},
	{"math/rand", "derive it from what it names: planning again must give the same"},
	{"crypto/rand", "derive it from what it names: planning again must give the same"},
}

// harmlessImports stand beneath worldly ones, and only parse.
var harmlessImports = []string{"net/mail", "net/netip", "net/url"}

// worldlyNames are what otherwise harmless packages have that does.
var worldlyNames = []struct {
	pkg     string
	names   []string
	instead string
}{
	{"time", []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer"}, "take the instant as a value"},
	{"time", []string{"Local"}, "name the zone: Lambda's is not the user's"},
	{"fmt", []string{"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"}, "return it, or write to an io.Writer; programs print"},
}

func asksNothing(f folder) (complaints []string) {
	if at := rowOf(f.path); at < 0 || !table[at].pure {
		return nil
	}
	for _, a := range f.arrows() {
		for _, bad := range worldlyImports {
			if within(a.to, bad.path) && !slices.Contains(harmlessImports, a.to) {
				complaints = append(complaints, fmt.Sprintf("%s: %s is pure and may not import %s: %s", a.at, f.path, a.to, bad.instead))
			}
		}
	}
	for _, s := range f.files {
		s.each(func(n ast.Node) {
			for _, bad := range worldlyNames {
				if name, ok := s.selected(n, bad.pkg); ok && slices.Contains(bad.names, name) {
					complaints = append(complaints, fmt.Sprintf("%s: %s is pure and may not use %s.%s: %s", s.at(n), f.path, bad.pkg, name, bad.instead))
				}
			}
		})
	}
	return complaints
}

func noFloats(f folder) (complaints []string) {
	if f.path != "internal/money" {
		return nil
	}
	for _, s := range f.files {
		s.each(func(n ast.Node) {
			var text string
			switch n := n.(type) {
			case *ast.Ident:
				text = n.Name
			case *ast.BasicLit:
				if n.Kind == token.FLOAT {
					text = "the float " + n.Value
				}
			}
			if strings.Contains(strings.ToLower(text), "float") {
				complaints = append(complaints, fmt.Sprintf("%s: %s: money is made from strings and integers, and counted in decimals", s.at(n), text))
			}
		})
	}
	return complaints
}

func hasComment(f folder) []string {
	for _, s := range f.files {
		if doc := s.tree.Doc.Text(); f.name() == "main" && doc != "" || strings.HasPrefix(doc, "Package "+f.name()+" ") {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s has no package comment: open it with three to eight lines, \"Package %s ...\", on what it is for, what goes in and out, "+
		"and what it will not do", f.path, f.name())}
}

func noInit(f folder) (complaints []string) {
	for _, s := range f.files {
		s.each(func(n ast.Node) {
			if fn, ok := n.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" && !s.generated() {
				complaints = append(complaints, fmt.Sprintf("%s: func init runs without being asked: make it a function that main, or whoever needs it, calls", s.at(n)))
			}
		})
	}
	return complaints
}

func notTooLong(f folder) (complaints []string) {
	for _, s := range f.files {
		if s.lines > tooLongFile && !s.generated() {
			complaints = append(complaints, fmt.Sprintf("%s has %d lines, more than %d: split it by idea, not by number", s.path, s.lines, tooLongFile))
		}
	}
	return complaints
}

func listed(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}
