package autospot

import (
	"fmt"
	"slices"
	"strings"

	"offpeak/autospot/pricing"
	"offpeak/internal/fleet"
)

// NoFargatePrice says that the discount of Fargate Spot is not known, and ManyAtOnce that no task may be Spot.
const (
	NoFargatePrice pricing.Code = "fargate-spot-unpriced"
	ManyAtOnce     pricing.Code = "all-on-demand"
)

// offerService finds a capacity provider strategy. AWS tells neither how often tasks on Spot are interrupted nor in which zone, so all of them are taken
// to go at once: no more of them are Spot than the owner can do without.
func (r *run) offerService(a *Advice, c *Case) {
	l := c.Resource.Launch
	if l == nil || a.Size == 0 {
		return
	}
	plain, spot, found := providersOf(l)
	if !found {
		return
	}
	if strings.HasPrefix(spot, fargate) {
		discount, known := r.market.FargateDiscount(c.Resource.Scope.Region, l.Platform)
		a.Discount = discount
		switch {
		case !known:
			a.Against = append(a.Against, pricing.Reason{Code: NoFargatePrice, Says: "what Fargate Spot costs in " + string(c.Resource.Scope.Region) + " is not known"})
		case discount < a.Wish.Profile.MinimumSaving:
			a.Against = append(a.Against, pricing.Reason{Code: pricing.SavesTooLittle, Says: fmt.Sprintf("Fargate Spot saves %d%%, and its owner asks for %d%%", discount, a.Wish.Profile.MinimumSaving)})
		}
	}
	share := a.Wish.Profile.Loss
	base := max(a.Wish.Profile.OnDemand, (a.Size*(100-share)+99)/100)
	if base >= a.Size || share == 0 {
		a.Against = append(a.Against, pricing.Reason{Code: ManyAtOnce, Says: fmt.Sprintf("all tasks on Spot may go at once, and of %d no more than %d%% may: none can be Spot", a.Size, share)})
	}
	if len(a.Against) > 0 {
		return
	}
	on, off := ratio(100-share, share)
	target := []fleet.Provider{{Name: plain, Base: base, Weight: on}, {Name: spot, Weight: off, Spot: true}}
	slices.SortFunc(target, func(x, y fleet.Provider) int { return strings.Compare(x.Name, y.Name) })
	a.Target = &fleet.Purchase{Providers: target}
}

// providersOf are the provider that a service uses on demand, and the one of the same kind that is Spot.
func providersOf(l *fleet.Launch) (plain, spot string, found bool) {
	onFargate := l.LaunchType == fargate
	for _, p := range l.Providers {
		onFargate = onFargate || strings.HasPrefix(p.Name, fargate)
		if !p.Spot && plain == "" {
			plain = p.Name
		}
	}
	if onFargate {
		plain = fargate
	}
	for _, p := range l.Offered {
		if p.Spot && onFargate == strings.HasPrefix(p.Name, fargate) {
			return plain, p.Name, plain != ""
		}
	}
	return "", "", false
}

// ratio reduces two weights: 75 and 25 are 3 and 1.
func ratio(a, b int) (int, int) {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	if x == 0 {
		return a, b
	}
	return a / x, b / x
}
