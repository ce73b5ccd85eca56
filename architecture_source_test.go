package offpeak_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "offpeak"

// folder is one package as its source shows it, test files aside.
type folder struct {
	path  string // from the module's root: internal/plan; the root itself is "."
	files []source
}

type source struct {
	path  string // internal/plan/merge.go
	lines int
	set   *token.FileSet
	tree  *ast.File
}

// arrow is one import: from a place in the source to a folder of this module, or to a package's import path.
type arrow struct {
	at, to string
	kind   arrowKind
}

type arrowKind int

const (
	standard arrowKind = iota
	inside             // this module
	outside            // somebody else's
)

// readModule returns the packages beneath root, sorted by path.
func readModule(t *testing.T, root fs.FS) []folder {
	t.Helper()
	byPath := map[string][]source{}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && apart(root, name):
			return fs.SkipDir
		case entry.IsDir(), path.Ext(name) != ".go", strings.HasSuffix(name, "_test.go"):
			return nil
		}
		s, err := readSource(root, name)
		if err == nil && !s.ignored() {
			byPath[path.Dir(name)] = append(byPath[path.Dir(name)], s)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var folders []folder
	for name, files := range byPath {
		folders = append(folders, folder{name, files})
	}
	slices.SortFunc(folders, func(a, b folder) int { return strings.Compare(a.path, b.path) })
	return folders
}

// apart says whether a folder is no part of the module: what the go command passes over, what builds leave behind, nested modules.
func apart(root fs.FS, name string) bool {
	if name == "." {
		return false
	}
	base := path.Base(name)
	_, err := fs.Stat(root, path.Join(name, "go.mod"))
	return base[0] == '.' || base[0] == '_' || slices.Contains([]string{"testdata", "vendor", "node_modules"}, base) ||
		slices.Contains([]string{"bin", "build", "cdk.out"}, name) || err == nil
}

func readSource(root fs.FS, name string) (source, error) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return source{}, err
	}
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
	return source{name, bytes.Count(text, []byte("\n")), set, tree}, err
}

func (f folder) name() string { return f.files[0].tree.Name.Name }

func (f folder) arrows() (arrows []arrow) {
	for _, s := range f.files {
		for _, spec := range s.tree.Imports {
			to, kind := importPath(spec), outside
			first, _, _ := strings.Cut(to, "/")
			switch {
			case to == module:
				to, kind = ".", inside
			case first == module:
				to, kind = strings.TrimPrefix(to, module+"/"), inside
			case !strings.Contains(first, "."):
				kind = standard
			}
			arrows = append(arrows, arrow{s.at(spec), to, kind})
		}
	}
	return arrows
}

// ignored says whether the file is a program of its own that `go run` starts, beside the package.
func (s source) ignored() bool {
	for _, group := range s.tree.Comments {
		for _, line := range group.List {
			if expr, err := constraint.Parse(line.Text); err == nil && group.Pos() < s.tree.Package {
				return expr.String() == "ignore"
			}
		}
	}
	return false
}

// builtFor says whether the file is part of a build with these tags and no others of its own choice.
func (s source) builtFor(tags ...string) bool {
	for _, group := range s.tree.Comments {
		for _, line := range group.List {
			expr, err := constraint.Parse(line.Text)
			if err == nil && group.Pos() < s.tree.Package && !expr.Eval(func(tag string) bool { return slices.Contains(tags, tag) }) {
				return false
			}
		}
	}
	return true
}

func (s source) generated() bool { return ast.IsGenerated(s.tree) }

func (s source) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", s.path, s.set.Position(n.Pos()).Line)
}

func (s source) each(visit func(ast.Node)) {
	for n := range ast.Preorder(s.tree) {
		visit(n)
	}
}

// selected returns Name when the node is pkg.Name and pkg, by whatever name this file calls it, is the package of that import path.
func (s source) selected(n ast.Node, pkg string) (string, bool) {
	selector, ok := n.(*ast.SelectorExpr)
	if !ok {
		return "", false
	}
	left, ok := selector.X.(*ast.Ident)
	if !ok {
		return "", false
	}
	for _, spec := range s.tree.Imports {
		if importPath(spec) != pkg {
			continue
		}
		if local := spec.Name; local != nil && local.Name == left.Name || local == nil && path.Base(pkg) == left.Name {
			return selector.Sel.Name, true
		}
	}
	return "", false
}

// closure returns the folders that a program is linked from, itself included; none if it is not among them.
func closure(folders []folder, program string) (linked []folder) {
	queue, seen := []string{program}, map[string]bool{program: true}
	for len(queue) > 0 {
		at := slices.IndexFunc(folders, func(f folder) bool { return f.path == queue[0] })
		queue = queue[1:]
		if at < 0 {
			continue
		}
		linked = append(linked, folders[at])
		for _, a := range folders[at].arrows() {
			if a.kind == inside && !seen[a.to] {
				queue, seen[a.to] = append(queue, a.to), true
			}
		}
	}
	return linked
}

func importPath(spec *ast.ImportSpec) string {
	text, _ := strconv.Unquote(spec.Path.Value) // the parser has seen to it
	return text
}

// within says whether a slash-separated path is root or beneath it.
func within(name, root string) bool {
	return name == root || strings.HasPrefix(name, root+"/")
}
