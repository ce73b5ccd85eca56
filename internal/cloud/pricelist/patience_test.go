package pricelist_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/pricing"
	filters "github.com/aws/aws-sdk-go-v2/service/pricing/types"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/cloud/pricelist"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/objects"
)

// slow does not answer questions about types until whoever asks gives up; with an empty one, no question at all.
type slow struct {
	pricing.GetProductsAPIClient
	about string
	asked int // that were not answered
}

func (s *slow) GetProducts(ctx context.Context, in *pricing.GetProductsInput, options ...func(*pricing.Options)) (*pricing.GetProductsOutput, error) {
	if slices.ContainsFunc(in.Filters, func(f filters.Filter) bool { return s.about == "" || aws.ToString(f.Value) == s.about }) {
		s.asked++
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.GetProductsAPIClient.GetProducts(ctx, in, options...)
}

// types is a fleet of several types, of which the list has one.
func types() *fleet.Snapshot {
	return snapshot(
		fleet.Resource{Kind: fleet.EC2Instance, Type: "m1.large", Product: "Linux/UNIX"}, fleet.Resource{Kind: fleet.EC2Instance, Type: "m5.large", Product: "Linux/UNIX"},
		fleet.Resource{Kind: fleet.EC2Instance, Type: "m9.large", Product: "Linux/UNIX"},
	)
}

func TestNobodyWaitsLongForPrices(t *testing.T) {
	t.Parallel()
	store := objects.NewMemory()
	b := book(t, &list{}, store)
	client := &slow{b.Client, "m9.large", 0}
	b.Client, b.Patience = client, 200*time.Millisecond
	prices, err := b.Prices(t.Context(), types(), sunday)
	if err != nil || len(prices) != 1 || client.asked != 1 {
		t.Errorf("what was learned in time is taken, and the rest is no error: %v, %v, %d questions", prices, err, client.asked)
	}
	l := &list{}
	if _, err := book(t, l, store).Prices(t.Context(), types(), sunday.Add(time.Minute)); err != nil || len(l.asked) != 1 {
		t.Errorf("what was learned is kept, and only the rest is asked the next time: %v, %v", l.asked, err)
	}
}

func TestAnAPIThatFailsIsLeftInPeace(t *testing.T) {
	t.Parallel()
	b := book(t, &list{}, objects.NewMemory())
	client := &slow{b.Client, "", 0}
	b.Client, b.Patience = client, 20*time.Millisecond
	for _, step := range []struct {
		after time.Duration
		asked int
		fails bool
	}{{0, 1, true}, {time.Minute, 1, false}, {59 * time.Minute, 1, false}, {time.Hour, 2, true}} {
		_, err := b.Prices(t.Context(), types(), sunday.Add(step.after))
		if (err != nil) != step.fails || client.asked != step.asked {
			t.Errorf("after %s: asked %d times, %v", step.after, client.asked, err)
		}
		if err != nil && (failure.Of(err) != failure.Unreachable || !errors.Is(err, context.DeadlineExceeded)) {
			t.Errorf("after %s: %v (%s)", step.after, err, failure.Of(err))
		}
	}
}

// TestOneCallOneAttempt: the SDK would ask an API three times that answers 500, as AWS's stand-in does.
func TestOneCallOneAttempt(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.WriteHeader(http.StatusInternalServerError)
	}))
	t.Cleanup(server.Close)
	access, err := cloud.Open(t.Context(), (&moto.Server{URL: server.URL}).Options())
	if err != nil {
		t.Fatal(err)
	}
	b := &pricelist.Book{Store: objects.NewMemory(), Client: pricelist.NewClient(access, "ap-northeast-2")}
	if _, err := b.Prices(t.Context(), types(), sunday); err == nil || calls.Load() != 1 {
		t.Errorf("%d calls: %v (%s)", calls.Load(), err, failure.Of(err))
	}
}
