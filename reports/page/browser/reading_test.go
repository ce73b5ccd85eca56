//go:build e2e

package browser_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"offpeak/internal/money"
	"offpeak/reports"
	"offpeak/reports/page"
	"offpeak/reports/sample"
	"offpeak/reports/words"
)

const resources = `.doc:not([hidden]) [data-table="resources"]`

// sumOf adds up what the resources that keep says yes to avoided.
func sumOf(r *reports.Report, keep func(*reports.Resource) bool) string {
	var sum money.USD
	for i := range r.Resources {
		if keep(&r.Resources[i]) {
			sum = sum.Add(r.Resources[i].Value())
		}
	}
	return words.In(words.English).USD(sum)
}

func TestFiltersAddUp(t *testing.T) {
	t.Parallel()
	x, r := small(t, words.English, ""), sample.Report(250)
	if got := x.status("resources"); !strings.Contains(got, "250 rows") || !strings.Contains(got, sumOf(r, func(*reports.Resource) bool { return true })) || !strings.Contains(got, "equals the headline") {
		t.Errorf("nothing filtered: %s", got)
	}
	x.choose("en-resources-by-team", "=결제")
	x.until(`location.hash.includes("team=")`)
	if got, want := x.status("resources"), sumOf(r, func(x *reports.Resource) bool { return x.Team == "결제" }); !strings.Contains(got, want) || strings.Contains(got, "headline") {
		t.Errorf("one team: %s, want %s", got, want)
	}
	x.choose("en-resources-by-origin", "=cohort")
	x.until(`location.hash.includes("origin=")`)
	if got, want := x.status("resources"), sumOf(r, func(x *reports.Resource) bool { return x.Team == "결제" && x.Origin == "cohort" }); !strings.Contains(got, want) {
		t.Errorf("one team and origin: %s, want %s", got, want)
	}
	x.do(chromedp.Evaluate(`history.back()`, nil))
	x.until(`!location.hash.includes("origin=")`)
	if got, want := x.status("resources"), sumOf(r, func(x *reports.Resource) bool { return x.Team == "결제" }); !strings.Contains(got, want) {
		t.Errorf("one step back: %s, want %s", got, want)
	}
	x.click(resources + " .tools button")
	x.until(`location.hash === "#/resources"`)
	x.click("#en-resources-q")
	x.do(chromedp.KeyEvent("BATCH-04"))
	x.until(`document.querySelector('` + resources + ` .sum').textContent.startsWith("10 rows")`)
	if got := x.column("resources", 0); len(got) != 10 || !strings.HasPrefix(got[0], "batch-04") {
		t.Errorf("text: %v", got)
	}
	x.do(chromedp.KeyEvent(" nowhere"))
	x.until(`document.querySelector('` + resources + ` tbody').textContent === "Nothing matches."`)
}

// TestAReaderFasterThanTheBrowser: the browser tells of a new address some time after it has changed, on a busy machine long after. What is done until then builds on what was
// chosen last: filters that were cleared stay cleared, and of two choices both hold.
func TestAReaderFasterThanTheBrowser(t *testing.T) {
	t.Parallel()
	const choose = `const by = (key, value) => { const s = document.getElementById("en-resources-by-" + key); s.value = value; s.dispatchEvent(new Event("change")); };
		const type = (text) => { const q = document.getElementById("en-resources-q"); q.value = text; q.dispatchEvent(new Event("input")); };
		const clear = () => document.querySelector('.doc:not([hidden]) [data-table="resources"] .tools button').click();`
	const told = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))` // by when the browser has told of a new address
	const follow = `document.querySelector('a[href="#/resources?origin=own"]').click();`
	x := small(t, words.English, "")
	for _, test := range []struct{ what, before, at, want string }{
		{"cleared, then typed", `by("team", "=결제")`, `clear(); type("batch");`, "#/resources?q=batch"},
		{"two choices", ``, `by("team", "=결제"); by("origin", "=cohort");`, "#/resources?team=결제&origin=cohort"},
		{"a choice, then cleared", ``, `by("team", "=결제"); clear();`, "#/resources"},
		{"a link, then typed", `by("team", "=결제")`, follow + ` type("batch");`, "#/resources?origin=own&q=batch"},
		{"a choice, then a header", ``, `by("team", "=결제"); document.querySelector('.doc:not([hidden]) [data-table="resources"] thead button').click();`, "#/resources?team=결제&sort=name"},
	} {
		x.do(chromedp.Navigate("about:blank"), chromedp.Navigate(x.url()), chromedp.WaitReady(`html[data-ready="true"]`))
		if test.before != "" {
			x.do(chromedp.Evaluate("(() => { "+choose+test.before+" })()", nil))
			x.until(told)
		}
		shown := ask[string](x, "(() => { "+choose+test.at+` return decodeURIComponent(location.hash) + " " + document.querySelector('`+resources+` .sum').textContent; })()`)
		address, sum, _ := strings.Cut(shown, " ")
		x.until(told)
		if later := ask[string](x, `decodeURIComponent(location.hash)`); address != test.want || later != test.want || x.status("resources") != sum {
			t.Errorf("%s: the address is %s, then %s, want %s; shown is %q, then %q", test.what, address, later, test.want, sum, x.status("resources"))
		}
	}
}

func TestWhatIsInNoTotalStandsBeside(t *testing.T) {
	t.Parallel()
	r, ten, five := sample.Report(40), mustUSD(t, "10"), mustUSD(t, "5")
	r.Resources[0].Origin, r.Resources[1].Spot = "unproven", &ten
	total := r.Avoided.Total.Adjusted.Sub(r.Resources[0].Value()).Add(ten)
	r.Avoided.Total.Adjusted = &total
	x := open(t, r, page.Options{Language: words.English}, 1280, "")
	if got, want := x.status("resources"), words.In(words.English).USD(total); !strings.Contains(got, "avoided "+want) || !strings.Contains(got, "not counted (unproven) $9.07") || !strings.Contains(got, "equals the headline") {
		t.Errorf("%s, want %s", got, want)
	}
	low, high := r.Resources[1].Interval.Low.Add(ten), r.Resources[1].Interval.High.Add(ten)
	if got, want := x.column("resources", 10)[1], words.In(words.English).Range(&reports.Range{Low: low, High: high}, words.In(words.English).USD); got != want {
		t.Errorf("the interval of an amount with its part by Spot is %s, want %s", got, want)
	}
	more := total.Add(five)
	r.Avoided.Total.Adjusted = &more
	y := open(t, r, page.Options{Language: words.English}, 1280, "")
	if got := y.status("resources"); !strings.Contains(got, "$5.00 of the headline belongs to no single resource") {
		t.Errorf("a headline of five dollars more: %s", got)
	}
}

// Binary floating point holds none of these, and rounds a half of a cent to either side.
func TestSumsAreExact(t *testing.T) {
	t.Parallel()
	r, total := sample.Report(5), money.USD{}
	for i, amount := range []string{"9007199254740993.005", "0.1", "0.2", "-0.3", "-0.005"} {
		a := mustUSD(t, amount)
		r.Resources[i].Adjusted, r.Resources[i].Causes = &a, []reports.Amount{{Name: "schedule", Amount: a}}
		total = total.Add(a)
	}
	r.Avoided.Total.Adjusted = &total
	x := open(t, r, page.Options{Language: words.English}, 1280, "")
	if got := x.status("resources"); !strings.Contains(got, "avoided $9,007,199,254,740,993.00 · equals the headline") {
		t.Error(got)
	}
	if got, want := x.column("resources", 9), []string{"$9,007,199,254,740,993.01", "$0.10", "$0.20", "-$0.30", "-$0.01"}; !slices.Equal(got, want) {
		t.Errorf("amounts %v, want %v", got, want)
	}
}

func TestEachLineOfTheHeadlineLeadsToItsResources(t *testing.T) {
	t.Parallel()
	x, r := small(t, words.English, ""), sample.Report(250)
	for _, row := range []struct{ link, want string }{
		{`a[href="#/resources?cause=overheads"]`, words.In(words.English).USD(r.Avoided.Causes[1].Value())},
		{`a[href="#/resources?cause=schedule"]`, words.In(words.English).USD(r.Avoided.Causes[0].Value())},
		{`a[href="#/resources?team="]`, sumOf(r, func(x *reports.Resource) bool { return x.Team == "" })},
		{`a[href="#/resources?environment=stg"]`, sumOf(r, func(x *reports.Resource) bool { return x.Environment == "stg" })},
		{`a[href="#/resources?origin=own"]`, sumOf(r, func(x *reports.Resource) bool { return x.Origin == "own" })},
		{`a[href="#/resources?sign=below"]`, sumOf(r, func(x *reports.Resource) bool { return x.Adjusted.Decimal().IsNegative() })},
		{`a.amount[href="#/resources"]`, sumOf(r, func(*reports.Resource) bool { return true })},
	} {
		x.click(".doc:not([hidden]) " + row.link)
		x.until(`document.activeElement.id === "en-resources"`)
		if got := x.status("resources"); !strings.Contains(got, row.want) {
			t.Errorf("%s: %s, want %s", row.link, got, row.want)
		}
	}
}

func TestHeadersSort(t *testing.T) {
	t.Parallel()
	x := small(t, words.English, "")
	head := func(n string) string { return resources + ` thead th:nth-child(` + n + `)` }
	x.click(head("10") + " button")
	x.until(`document.querySelector('` + head("10") + `').getAttribute("aria-sort") === "descending"`)
	amounts := ask[[]string](x, `[...document.querySelectorAll('`+resources+` tbody tr')].map((row) => row.children[9].textContent.replace(/[$,]/g, ""))`)
	if !slices.IsSortedFunc(amounts, func(a, b string) int { return mustUSD(t, b).Cmp(mustUSD(t, a)) }) {
		t.Errorf("not by amount, largest first: %v", amounts)
	}
	x.click(head("10") + " button")
	x.until(`document.querySelector('` + head("10") + `').getAttribute("aria-sort") === "ascending"`)
	if got := x.column("resources", 9); got[0] != "-$4.12" {
		t.Errorf("lowest first: %v", got[:3])
	}
	x.click(head("1") + " button")
	x.until(`document.querySelector('` + head("1") + `').getAttribute("aria-sort") === "ascending"`)
	if n := ask[int](x, `document.querySelectorAll('`+resources+` thead [aria-sort]:not([aria-sort="none"])').length`); n != 1 {
		t.Errorf("%d columns say that they are sorted", n)
	}
	x.click(resources + " .pager button:nth-of-type(3)")
	x.until(`location.hash.includes("page=2")`)
	if got := x.column("resources", 0); len(got) != 100 {
		t.Errorf("%d rows on the second page", len(got))
	}
}

func mustUSD(t *testing.T, text string) money.USD {
	t.Helper()
	a, err := money.ParseUSD(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAResourceLeadsToItsActsAndRowsOfTheBill(t *testing.T) {
	t.Parallel()
	x := small(t, words.English, "")
	arn := sample.Report(1).Resources[0].ARN
	x.click(resources + " tbody tr:first-child a")
	x.until(`document.querySelector("dialog").open && document.activeElement.id === "resource-title"`)
	if got := ask[string](x, "location.hash"); got != "#/resource/"+url.QueryEscape(string(arn)) {
		t.Errorf("the address is %s", got)
	}
	text := ask[string](x, `document.querySelector("dialog").innerText`)
	for _, want := range []string{sample.Hostile[0], string(arn), "$29.67", "-$20.60", "7RJRZ8P2VKWYEPQ5", "$0.112", "act-00000-0", "seoul-office closes at 19:30", "2026-07-01 19:30:20", "1,290 of 1,290", strings.Repeat("0", 63) + "1"} {
		if !strings.Contains(text, want) {
			t.Errorf("the resource does not say %q", want)
		}
	}
	x.do(chromedp.Evaluate(`history.back()`, nil))
	x.until(`!document.querySelector("dialog").open && location.hash === ""`)
	x.do(chromedp.Evaluate(`history.forward()`, nil))
	x.until(`document.querySelector("dialog").open`)
	x.click(`dialog a[href="#/resources?team=pay"]`)
	x.until(`!document.querySelector("dialog").open && document.activeElement.id === "en-resources"`)
}

func TestADeepLinkOpensWhatItNames(t *testing.T) {
	t.Parallel()
	arn := url.QueryEscape(string(sample.Report(250).Resources[249].ARN))
	x := small(t, words.Korean, "#/resource/"+arn)
	x.until(`document.querySelector("dialog").open && document.querySelector("dialog h2").textContent === "batch-249"`)
	x.do(chromedp.KeyEvent(kb.Escape))
	x.until(`!document.querySelector("dialog").open && location.hash === "#/resources"`)

	y := small(t, words.English, "#/resources?account=222233334444&q=batch-1&sort=-amount")
	if got := y.status("resources"); !strings.HasPrefix(got, "100 rows") {
		t.Errorf("a filter by address: %s", got)
	}
	for _, bad := range []string{"#/resource/%zz", "#/resource/nothing", "#/constructor", "#/resources?constructor=1&__proto__=2&cause=constructor", "#/resources?page=-3&sort=__proto__", "#%%%"} {
		y.do(chromedp.Evaluate(`location.hash = `+"`"+bad+"`", nil))
		y.until(`true`)
	}
	y.do(chromedp.Evaluate(`location.hash = "#/resources"`, nil))
	y.until(`document.querySelector('` + resources + ` .sum').textContent.startsWith("250 rows") && !document.querySelector("dialog").open`)
}

func TestLanguageAndColours(t *testing.T) {
	t.Parallel()
	x := small(t, words.Korean, "")
	if got := ask[string](x, `document.querySelector(".doc:not([hidden]) .kicker").textContent + document.documentElement.lang`); got != "분기 절감 보고서ko" {
		t.Errorf("it begins with %s", got)
	}
	x.click(`[data-lang="en"]`)
	x.until(`document.documentElement.lang === "en" && document.activeElement.dataset.lang === "en"`)
	if got := ask[string](x, `document.title + document.querySelector(".doc:not([hidden]) .kicker").textContent + document.querySelectorAll(".doc:not([hidden])").length`); got != "retail · Q3 2026 · Quarterly savings reportQuarterly savings report1" {
		t.Errorf("in English it says %s", got)
	}
	if got := x.status("resources"); !strings.Contains(got, "equals the headline") {
		t.Errorf("in English the table says %s", got)
	}
	light := ask[string](x, `getComputedStyle(document.body).backgroundColor`)
	x.click(`[data-theme-to="dark"]`)
	x.until(`document.documentElement.dataset.theme === "dark"`)
	if dark := ask[string](x, `getComputedStyle(document.body).backgroundColor`); dark == light {
		t.Errorf("dark is %s, as light is", dark)
	}
}

func TestAKeyboardIsEnough(t *testing.T) {
	t.Parallel()
	x := small(t, words.English, "")
	press := func(keys ...string) {
		for _, key := range keys {
			x.do(chromedp.KeyEvent(key))
		}
	}
	press(kb.Tab)
	x.until(`document.activeElement.id === "skip"`)
	if outline := ask[string](x, `getComputedStyle(document.activeElement).outlineStyle`); outline != "solid" {
		t.Errorf("the focus is drawn as %q", outline)
	}
	press(kb.Enter)
	x.until(`document.activeElement.id === "main"`)
	reach := func(selector string) {
		t.Helper()
		for range 200 {
			if ask[bool](x, "document.activeElement.matches(`"+selector+"`)") {
				return
			}
			press(kb.Tab)
		}
		t.Fatalf("no Tab leads to %s", selector)
	}
	reach(resources + " thead th:nth-child(10) button")
	press(kb.Enter)
	x.until(`document.querySelector('` + resources + ` thead th:nth-child(10)').getAttribute("aria-sort") === "descending"`)
	if !ask[bool](x, "document.activeElement.matches(`"+resources+" thead th:nth-child(10) button`)") {
		t.Error("the focus is lost by sorting")
	}
	reach(resources + " tbody a")
	press(kb.Enter)
	x.until(`document.querySelector("dialog").open && document.activeElement.id === "resource-title"`)
	x.do(chromedp.Evaluate(`addEventListener("hashchange", () => { window.back = true; }); 0`, nil))
	press(kb.Escape)
	x.until(`window.back && !document.querySelector("dialog").open`)
	if !ask[bool](x, "document.activeElement.matches(`"+resources+" tbody a`)") {
		t.Error("the focus is lost by closing a resource")
	}
}

func TestCommandsAreCopiedAsTheyAreShown(t *testing.T) {
	t.Parallel()
	x := small(t, words.English, "#/actions")
	x.do(chromedp.Evaluate(`window.clip = ""; Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => { window.clip = text; } } }); 0`, nil))
	x.click(`.doc:not([hidden]) [data-table="actions"] .copy button`)
	x.until(`window.clip !== ""`)
	if got, want := ask[string](x, "window.clip"), sample.Report(250).Actions[0].Command; got != want {
		t.Errorf("copied %q, want %q", got, want)
	}
	x.until(`document.querySelector('.doc:not([hidden]) [data-table="actions"] .note').textContent === "Copied."`)
}

func TestHostileNamesAreText(t *testing.T) {
	t.Parallel()
	attacks := []string{`</script><script>window.hit=1</script>`, `"><img src=x onerror=window.hit=1>`, `' onmouseover='window.hit=1`, "\u202egnp.exe", "javascript:window.hit=1"}
	r := sample.Report(12)
	for i := range r.Resources {
		attack := attacks[i%len(attacks)]
		r.Resources[i].Name, r.Resources[i].Team, r.Resources[i].Environment = attack, attack, attack
	}
	for i := range r.Acts {
		r.Acts[i].Why, r.Acts[i].Error, r.Acts[i].Run = attacks[0], attacks[1], attacks[2]
	}
	r.Avoided.Teams[0].Name, r.Actions[0].Command, r.Tenant.Name = attacks[1], "echo \u202e"+attacks[0], attacks[0]
	x := open(t, r, page.Options{Language: words.English}, 1280, "")
	if got := x.column("resources", 0)[:3]; !slices.Equal(got, attacks[:3]) {
		t.Errorf("names: %q", got)
	}
	x.click(resources + " tbody tr:first-child a")
	x.until(`document.querySelector("dialog").open`)
	x.do(chromedp.Evaluate(`location.hash = "#/resources?team=" + encodeURIComponent('"><img src=x onerror=window.hit=1>')`, nil))
	x.until(`document.querySelector('` + resources + ` .sum').textContent.startsWith("3 rows")`)
	if ask[bool](x, `"hit" in window || document.images.length > 0 || document.body.innerText.includes("\u202e")`) {
		t.Error("a name was more than text")
	}
}

func TestNothingIsWiderThanAPhone(t *testing.T) {
	t.Parallel()
	r, huge := sample.Report(120), mustUSD(t, "1234567890.12")
	r.Avoided.Total.Adjusted, r.Avoided.Causes[0].Adjusted, r.Avoided.Causes[0].Hours = &huge, &huge, huge.Decimal()
	r.Bill.Billed, r.Bill.Bridge.From, r.Waste[0].Amount, r.Actions[0].Month = huge, huge, huge, &huge
	r.Tenant.Name, r.Actions[0].Name = strings.Repeat("longname", 20), strings.Repeat("긴이름", 40)
	x := open(t, r, page.Options{Language: words.Korean}, 360, "")
	for _, language := range []string{"ko", "en"} {
		x.click(`[data-lang="` + language + `"]`)
		x.until(`document.documentElement.lang === "` + language + `"`)
		if got := ask[[]string](x, wide); len(got) > 0 {
			t.Errorf("%s: wider than the page: %v", language, got)
		}
		x.click(resources + " tbody tr:first-child a")
		x.until(`document.querySelector("dialog").open`)
		if n := ask[int](x, `document.documentElement.scrollWidth`); n > 360 {
			t.Errorf("%s: with a resource open the page is %d wide", language, n)
		}
		x.do(input.DispatchKeyEvent(input.KeyDown).WithKey("Escape").WithCode("Escape").WithWindowsVirtualKeyCode(27))
		x.until(`!document.querySelector("dialog").open`)
	}
}

// wide are elements that reach out of the page, or of their panel, and do not stand in something that scrolls by itself.
const wide = `[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > (e.closest(".panel") ?? document.documentElement).getBoundingClientRect().right + 1 && !e.closest(".scroll, .away, dialog, details")).map((e) => e.tagName + "." + e.className)
	.concat(document.documentElement.scrollWidth > document.documentElement.clientWidth ? ["the page: " + document.documentElement.scrollWidth] : [])`
