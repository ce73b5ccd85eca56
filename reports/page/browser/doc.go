// Package browser tests the report's page in a real Chromium: it clicks, types and looks, as a reader does.
//
// Its tests are built with the tag e2e alone and need a Chromium on the path or in CHROMIUM; "make e2e-page" installs Debian's where there is none.
// They write pages of made-up reports to a folder that goes away again, open them by file:// and let the browser load nothing else. The package has
// no code for programs.
package browser
