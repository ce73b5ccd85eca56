package autospot

import (
	"strings"

	"offpeak/internal/fleet"
)

// template returns the group's launch template where its version was read.
func (l *look) template() (*fleet.Template, bool) {
	t := l.launch.Template
	return t, t != nil && t.Number > 0
}

func (l *look) configuration() answer {
	switch name := l.launch.Configuration; {
	case !l.asked:
		return l.notRead()
	case name != "":
		return refuse(l.toTemplate(), "it launches by the launch configuration %s, which knows no mixed policy", name)
	case l.launch.Template == nil:
		return refuse("give it a launch template", "it has neither a launch template nor a launch configuration")
	default:
		return pass("it launches by template %s", l.launch.Template.ID)
	}
}

// version asks for a number: with $Latest or $Default a refresh cannot be rolled back, and what is launched tomorrow is not what was tried today.
func (l *look) version() answer {
	t := l.launch.Template
	switch {
	case !l.asked:
		return l.notRead()
	case t == nil:
		return unknown("", "it has no launch template")
	case strings.HasPrefix(t.Version, "$") || t.Version == "":
		name := t.Version
		if name == "" {
			name = "$Default"
		}
		return refuse(l.pin(), "its template's version is %s, so that a refresh cannot be rolled back", name)
	default:
		return pass("its template's version is %s", t.Version)
	}
}

const ssmImage = "resolve:ssm:"

func (l *look) image() answer {
	t, read := l.template()
	switch {
	case !read:
		return l.notRead()
	case strings.HasPrefix(t.Image, ssmImage):
		return refuse(l.fixImage(), "its template takes the image from the SSM parameter %s, which may name another one tomorrow, so that a refresh cannot be rolled back", strings.TrimPrefix(t.Image, ssmImage))
	case t.Image == "":
		return unknown("name the image in a new version of the template", "its template names no image")
	default:
		return pass("its image is %s", t.Image)
	}
}

func (l *look) marketOptions() answer {
	t, read := l.template()
	switch {
	case !read:
		return l.notRead()
	case t.Market != "":
		return refuse(l.dropMarket(), "its template asks for %s itself (InstanceMarketOptions), and a mixed policy takes no such template", t.Market)
	default:
		return pass("its template leaves the purchase option open")
	}
}

// requirements asks for types. AWS's own choice by requirements is flexible already, and its types change without anybody's doing.
func (l *look) requirements() answer {
	t, read := l.template()
	switch m := l.launch.Mix; {
	case !l.asked:
		return l.notRead()
	case m != nil && m.ByRequired:
		return refuse("name instance types in the overrides, or leave the choice to AWS and remove the tag", "its mixed policy names requirements instead of instance types")
	case m != nil && m.ManyTemplates:
		return refuse("let all types launch by one template", "types of its mixed policy have templates of their own, so that more than the type differs between them")
	case m != nil && len(m.Types) > 0:
		return pass("its mixed policy names instance types")
	case !read && (t != nil || l.launch.Configuration == ""):
		return l.notRead()
	case read && t.Type == "":
		return refuse("name an instance type in a new version of the template", "its template names no instance type, or requirements instead")
	default:
		return pass("its type is %s", l.base)
	}
}

func (l *look) weights() answer {
	switch {
	case !l.asked:
		return l.notRead()
	case l.launch.Mix != nil && l.launch.Mix.Weighted:
		return refuse("remove the weights, so that each instance counts for one", "types of its mixed policy have weights, so that its sizes count units and not instances")
	default:
		return pass("its sizes count instances")
	}
}

func (l *look) groupTenancy() answer {
	t, read := l.template()
	if !read {
		return l.notRead()
	}
	return tenancy(t.Tenancy)
}

func (l *look) instanceTenancy() answer {
	if !l.asked {
		return l.notRead()
	}
	return tenancy(l.launch.Tenancy)
}

func tenancy(t string) answer {
	switch t {
	case "", "default":
		return pass("it runs on shared hardware")
	case "host":
		return refuse("launch it with tenancy default", "it runs on a Dedicated Host, for which there is no Spot")
	default:
		return refuse("launch it with tenancy default", "its tenancy is %s; Spot prices are told for shared hardware only", t)
	}
}
