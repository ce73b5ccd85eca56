package spotmarket

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"offpeak/internal/market"
	"offpeak/internal/market/kept"
)

// advisorURL is where the Spot Instance advisor's page has its figures from. AWS documents it nowhere, and may take it away.
const advisorURL = "https://spot-bid-advisor.s3.amazonaws.com/spot-advisor-data.json"

// pagePatience is how long a file of AWS's pages is waited for: it decides no more than how shy a plan is.
const pagePatience = 5 * time.Second

// advised asks how often types are interrupted in the region.
func (a *asking) advised() {
	bands, asked, err := answer(a.ctx, a.Reader, a.now, question[[]kept.Band]{
		key: kept.Key(a.scope.Region, kept.Advisor), fresh: aWeek, ask: a.fetch,
	})
	if len(bands) > 0 {
		a.market.Advised = market.Advised{}
		for _, b := range bands {
			a.market.Advised[market.AdvisedKey{Region: a.scope.Region, OS: b.OS, Type: b.Type}] = market.Odds{Band: b.Band, Savings: b.Savings}
		}
	}
	a.told("types' rates of interruption", "AWS's Spot Instance advisor", len(bands), asked, err)
}

// fetch gets the advisor's file and keeps what it says of this region.
func (a *asking) fetch(ctx context.Context) (bands []kept.Band, err error) {
	err = a.get(ctx, a.options.Advisor, func(r io.Reader) error {
		all, err := market.ReadAdvised(a.options.Advisor, r)
		for key, odds := range all {
			if key.Region == a.scope.Region {
				bands = append(bands, kept.Band{OS: key.OS, Type: key.Type, Band: odds.Band, Savings: odds.Savings})
			}
		}
		return err
	})
	slices.SortFunc(bands, func(x, y kept.Band) int { return cmp.Or(cmp.Compare(x.OS, y.OS), cmp.Compare(x.Type, y.Type)) })
	return bands, err
}

// get fetches a file that AWS publishes for its pages, and hands it to its reader.
func (a *asking) get(ctx context.Context, url string, read func(io.Reader) error) error {
	ctx, stop := context.WithTimeout(ctx, pagePatience)
	defer stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := a.options.HTTP.Do(request)
	if err != nil {
		return fmt.Errorf("fetch %s: %w", url, err)
	}
	defer response.Body.Close() //nolint:errcheck // it was read
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("fetch %s: %s", url, response.Status)
	}
	return read(response.Body)
}
