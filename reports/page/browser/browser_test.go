//go:build e2e

package browser_test

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"offpeak/reports"
	"offpeak/reports/page"
	"offpeak/reports/sample"
	"offpeak/reports/words"
)

// shots is where pictures of the page are left for people to look at; nowhere unless it is given.
var shots = flag.String("shots", "", "a folder for pictures of the page")

// chromium finds the browser.
func chromium(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("CHROMIUM"); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("there is no Chromium on the path (make e2e-page installs one, or set CHROMIUM to one)")
	return ""
}

// reader is a person at a browser.
type reader struct {
	context.Context
	t    *testing.T
	file string

	mu       sync.Mutex
	troubles []string // errors of the console, exceptions and requests
}

// open writes the report's page and opens it; address is what stands behind the file's name, such as #/resources.
func open(t *testing.T, r *reports.Report, o page.Options, width int64, address string) *reader {
	t.Helper()
	data, err := page.HTML(r, o)
	if err != nil {
		t.Fatal(err)
	}
	x := &reader{t: t, file: filepath.Join(t.TempDir(), "report.html")}
	if err := os.WriteFile(x.file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.ExecPath(chromium(t)), chromedp.Flag("force-color-profile", "srgb"))
	allocated, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	tab, leave := chromedp.NewContext(allocated, chromedp.WithErrorf(func(string, ...any) {})) // events that are newer than the library
	t.Cleanup(leave)
	t.Cleanup(func() { _ = chromedp.Cancel(tab) }) // waits until the browser has gone and its folder with it
	timed, late := context.WithTimeout(tab, 2*time.Minute)
	t.Cleanup(late)
	x.Context = timed
	chromedp.ListenTarget(timed, x.hear)
	x.do(network.Enable(), log.Enable(), chromedp.EmulateViewport(width, height(width)), chromedp.Navigate(x.url()+address), chromedp.WaitReady(`html[data-ready="true"]`))
	t.Cleanup(func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		for _, trouble := range x.troubles {
			t.Errorf("the browser says: %s", trouble)
		}
	})
	return x
}

func height(width int64) int64 {
	if width < 500 {
		return 780
	}
	return 900
}

func (x *reader) url() string { return (&url.URL{Scheme: "file", Path: x.file}).String() }

// hear keeps what should not happen.
func (x *reader) hear(event any) {
	trouble := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		trouble = e.ExceptionDetails.Error()
	case *runtime.EventConsoleAPICalled:
		trouble = fmt.Sprintf("console.%s", e.Type)
	case *log.EventEntryAdded:
		trouble = e.Entry.Text
	case *network.EventRequestWillBeSent:
		if e.Request.URL != x.url() && !strings.HasPrefix(e.Request.URL, x.url()+"#") && !strings.HasPrefix(e.Request.URL, "data:") {
			trouble = "a request of " + e.Request.URL
		}
	}
	if trouble != "" {
		x.mu.Lock()
		x.troubles = append(x.troubles, trouble)
		x.mu.Unlock()
	}
}

func (x *reader) do(actions ...chromedp.Action) {
	x.t.Helper()
	if err := chromedp.Run(x.Context, actions...); err != nil {
		x.t.Fatal(err)
	}
}

// ask evaluates an expression in the page.
func ask[T any](x *reader, expression string) (value T) {
	x.t.Helper()
	x.do(chromedp.Evaluate(expression, &value))
	return value
}

// until waits for an expression to become true.
func (x *reader) until(expression string) {
	x.t.Helper()
	if err := chromedp.Run(x.Context, chromedp.Poll(expression, nil, chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		x.t.Fatalf("waited for %s: %v; the address is %s", expression, err, ask[string](x, "location.hash"))
	}
}

// click presses the mouse where an element is, after scrolling to it; nothing may lie over it.
func (x *reader) click(selector string) {
	x.t.Helper()
	at := ask[[]float64](x, fmt.Sprintf(`(() => {
		const e = document.querySelector(%q);
		e.scrollIntoView({ block: "center" });
		const box = e.getClientRects()[0], left = box.left + Math.min(box.width, 40) / 2, top = box.top + box.height / 2;
		return e.contains(document.elementFromPoint(left, top)) ? [left, top] : [];
	})()`, selector))
	if len(at) != 2 {
		x.t.Fatalf("something lies over %s", selector)
	}
	x.do(chromedp.MouseClickXY(at[0], at[1]))
}

// status is the line of a table that says how many rows there are and what they add up to.
func (x *reader) status(table string) string {
	x.t.Helper()
	return ask[string](x, `document.querySelector('.doc:not([hidden]) [data-table="`+table+`"] .sum').textContent`)
}

// column lists a column of what a table shows.
func (x *reader) column(table string, n int) []string {
	x.t.Helper()
	return ask[[]string](x, fmt.Sprintf(`[...document.querySelectorAll('.doc:not([hidden]) [data-table="%s"] tbody tr')].map((row) => row.children[%d].textContent)`, table, n))
}

// choose picks a value of a list, as a person does.
func (x *reader) choose(id, value string) {
	x.t.Helper()
	x.do(chromedp.Evaluate(fmt.Sprintf(`(() => { const s = document.getElementById(%q); s.value = %q; s.dispatchEvent(new Event("change", { bubbles: true })); })()`, id, value), nil))
}

// look leaves a picture, if somebody wants to see it.
func (x *reader) look(name, scheme string) {
	x.t.Helper()
	if *shots == "" {
		return
	}
	var picture []byte
	x.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}), chromedp.CaptureScreenshot(&picture))
	if err := os.WriteFile(filepath.Join(*shots, name+".png"), picture, 0o644); err != nil {
		x.t.Fatal(err)
	}
}

func small(t *testing.T, l words.Language, address string) *reader {
	t.Helper()
	return open(t, sample.Report(250), page.Options{Language: l}, 1280, address)
}
