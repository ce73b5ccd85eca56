package pricelist

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/market/kept"
	"offpeak/internal/objects"
)

// page is the book's page of a region.
type page struct {
	quotes map[fleet.PriceKey]Quote
}

func (p *page) fresh(key fleet.PriceKey, now time.Time) bool {
	q, ok := p.quotes[key]
	return ok && now.Sub(q.Asked) <= freshFor
}

func (p *page) put(q Quote) {
	if p.quotes == nil {
		p.quotes = map[fleet.PriceKey]Quote{}
	}
	p.quotes[q.Key] = q
}

// merge takes what another has asked later.
func (p *page) merge(other page) {
	for key, q := range other.quotes {
		if mine, ok := p.quotes[key]; !ok || mine.Asked.Before(q.Asked) {
			p.put(q)
		}
	}
}

func keyOf(region fleet.Region, now time.Time) string {
	return kept.PriceFolder(region) + now.UTC().Format(time.DateOnly) + ".json"
}

// page returns the region's page: the one at hand if it answers all questions, else the latest in the store.
func (b *Book) page(ctx context.Context, region fleet.Region, questions map[fleet.PriceKey]question, now time.Time) (page, error) {
	known := page{maps.Clone(b.pages[region].quotes)}
	enough := true
	for key := range questions {
		enough = enough && known.fresh(key, now)
	}
	if enough {
		return known, nil
	}
	latest := ""
	for key, err := range b.Store.List(ctx, kept.PriceFolder(region)) {
		if err != nil {
			return known, fmt.Errorf("find the price book: %w", err)
		}
		if strings.HasSuffix(key, ".json") {
			latest = key
		}
	}
	if latest == "" {
		return known, nil
	}
	read, _, err := b.read(ctx, latest)
	if err != nil {
		return known, err
	}
	known.merge(read)
	return known, nil
}

func (b *Book) read(ctx context.Context, key string) (page, objects.Version, error) {
	data, version, err := b.Store.Read(ctx, key)
	if err != nil {
		return page{}, "", fmt.Errorf("read the price book: %w", err)
	}
	p, err := parsePage(data)
	if err != nil {
		return page{}, "", fmt.Errorf("read the price book %s: %w: delete it to have the prices asked again", key, err)
	}
	return p, version, nil
}

func parsePage(data []byte) (page, error) {
	s, err := kept.ParsePrices(data)
	if err != nil {
		return page{}, err
	}
	var p page
	for _, q := range s.Prices {
		quote := Quote{
			Key: fleet.PriceKey{Region: s.Region, Type: q.Type, Product: q.Product, MultiAZ: q.MultiAZ},
			Why: q.Why, Asked: q.Asked, Published: q.Published, SKU: q.SKU,
		}
		if q.Rate != nil {
			quote.Price = fleet.Price{Rate: *q.Rate, Known: true}
		}
		p.put(quote)
	}
	return p, nil
}

func (p *page) format(region fleet.Region, now time.Time) ([]byte, error) {
	s := kept.PricePage{Format: kept.PriceFormat, Region: region, Date: now.UTC().Format(time.DateOnly), Source: Source}
	for _, key := range slices.SortedFunc(maps.Keys(p.quotes), compareKeys) {
		q := p.quotes[key]
		if now.Sub(q.Asked) > keptFor {
			continue
		}
		line := kept.PriceLine{Type: key.Type, Product: key.Product, MultiAZ: key.MultiAZ, Why: q.Why, Asked: q.Asked, Published: q.Published, SKU: q.SKU}
		if q.Price.Known {
			line.Rate = &q.Price.Rate
		}
		s.Prices = append(s.Prices, line)
	}
	data, err := json.MarshalIndent(s, "", "  ")
	return append(data, '\n'), err
}

// save writes the day's page, with what others have written to it meanwhile.
func (b *Book) save(ctx context.Context, region fleet.Region, p *page, now time.Time) error {
	key := keyOf(region, now)
	const tries = 4
	for range tries {
		var version objects.Version
		others, version, err := b.read(ctx, key)
		switch {
		case err == nil:
			p.merge(others)
		case !errors.Is(err, objects.ErrNotFound):
			return err
		}
		data, err := p.format(region, now)
		if err != nil {
			return fmt.Errorf("write the price book: %w", err)
		}
		if version == "" {
			_, err = b.Store.Create(ctx, key, data)
		} else {
			_, err = b.Store.Replace(ctx, key, data, version)
		}
		if err == nil {
			return nil
		}
		if !errors.Is(err, objects.ErrExists) && !errors.Is(err, objects.ErrChanged) {
			return fmt.Errorf("write the price book: %w", err)
		}
	}
	return fmt.Errorf("write the price book %s: others wrote it in each of %d tries; the prices are asked again next time", key, tries)
}
