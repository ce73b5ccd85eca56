// Package evaluate decides whether IAM would allow a request, by the rules that AWS documents (IAM user guide, policy evaluation logic and condition
// operators), for the part of the language that offpeak's policies use.
//
// In go policy documents as a template holds them and a request; out comes the decision and the statement that made it. Tests ask it. It stands
// for no permission boundary, no session policy and no organization policy, and refuses what it does not know rather than guess.
package evaluate

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Request is one call of AWS.
type Request struct {
	// Principal is the ARN of the role whose session calls, for trust policies.
	Principal string
	Action    string
	// Resources are all that the call is about. AWS asks about each, and all must be allowed.
	Resources []Resource
	// Context are condition keys of the call; those of a resource stand with it.
	Context map[string]string
}

// Resource is a resource of a request and the condition keys that describe it, such as its tags.
type Resource struct {
	ARN     string
	Context map[string]string
}

// Decision is what IAM says, and which statement made it say so; empty: none did, which is a denial too.
type Decision struct {
	Allowed bool
	By      string
}

// Decide asks all policies of a principal: an explicit Deny beats every Allow, and what nothing allows is denied.
func Decide(documents []map[string]any, r Request) (Decision, error) {
	resources := r.Resources
	if len(resources) == 0 {
		resources = []Resource{{ARN: "*"}}
	}
	var decision Decision
	for _, resource := range resources {
		one, err := decide(documents, r, resource)
		if err != nil || !one.Allowed {
			return one, err
		}
		decision = one
	}
	return decision, nil
}

func decide(documents []map[string]any, r Request, resource Resource) (Decision, error) {
	context := map[string]string{}
	for _, from := range []map[string]string{r.Context, resource.Context} {
		for key, value := range from {
			context[strings.ToLower(key)] = value // keys do not heed case
		}
	}
	var allowed *Decision
	for _, document := range documents {
		for _, s := range list(document["Statement"]) {
			statement, ok := s.(map[string]any)
			if !ok {
				return Decision{}, fmt.Errorf("%v is no statement", s)
			}
			applies, err := applies(statement, r, resource, context)
			if err != nil {
				return Decision{}, err
			}
			sid, _ := statement["Sid"].(string)
			switch {
			case applies && statement["Effect"] == "Deny":
				return Decision{false, sid}, nil
			case applies && allowed == nil:
				allowed = &Decision{true, sid}
			}
		}
	}
	if allowed == nil {
		return Decision{}, nil
	}
	return *allowed, nil
}

func applies(s map[string]any, r Request, resource Resource, context map[string]string) (bool, error) {
	for key := range s {
		if !slices.Contains([]string{"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}, key) {
			return false, fmt.Errorf("the evaluator does not know %s", key)
		}
	}
	actions, err := texts(s["Action"])
	if err != nil {
		return false, err
	}
	if !slices.ContainsFunc(actions, func(p string) bool { return like(strings.ToLower(p), strings.ToLower(r.Action)) }) {
		return false, nil
	}
	if named, ok := s["Resource"]; ok {
		patterns, err := texts(named)
		if err != nil {
			return false, err
		}
		if !slices.ContainsFunc(patterns, func(p string) bool { return like(p, resource.ARN) }) {
			return false, nil
		}
	}
	if who, ok := s["Principal"]; ok {
		if matches, err := principal(who, r.Principal); err != nil || !matches {
			return false, err
		}
	}
	return conditions(s["Condition"], context)
}

// principal: an account stands for everybody in it.
func principal(who any, caller string) (bool, error) {
	if who == "*" {
		return true, nil
	}
	kinds, ok := who.(map[string]any)
	if !ok {
		return false, fmt.Errorf("the evaluator does not know the principal %v", who)
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		names, err := texts(kinds[kind])
		if err != nil {
			return false, err
		}
		for _, name := range names {
			account, isRoot := strings.CutSuffix(name, ":root")
			if name == "*" || name == caller || isRoot && strings.HasPrefix(caller, account+":") {
				return true, nil
			}
		}
	}
	return false, nil
}

// conditions must all hold; of the values of a key one.
func conditions(block any, context map[string]string) (bool, error) {
	if block == nil {
		return true, nil
	}
	operators, ok := block.(map[string]any)
	if !ok {
		return false, fmt.Errorf("%v is no block of conditions", block)
	}
	for operator, lines := range operators {
		keys, ok := lines.(map[string]any)
		if !ok {
			return false, fmt.Errorf("%v are no lines of conditions", lines)
		}
		for key, wanted := range keys {
			values, err := texts(wanted)
			if err != nil {
				return false, err
			}
			held, err := holds(operator, key, values, context)
			if err != nil || !held {
				return false, err
			}
		}
	}
	return true, nil
}

func holds(operator, key string, values []string, context map[string]string) (bool, error) {
	got, there := context[strings.ToLower(key)]
	var equal func(value string) bool
	switch operator {
	case "Null":
		return len(values) == 1 && (values[0] == "true") == !there, nil
	case "StringEquals":
		equal = func(v string) bool { return v == got }
	case "StringEqualsIgnoreCase", "Bool":
		equal = func(v string) bool { return strings.EqualFold(v, got) }
	case "StringLike":
		equal = func(v string) bool { return like(v, got) }
	case "ArnLike", "ArnEquals": // the two are the same
		equal = func(v string) bool { return likeARN(v, got) }
	case "ForAllValues:StringEquals": // of a key with several values, which stand between commas here; none are all
		return !there || !slices.ContainsFunc(strings.Split(got, ","), func(one string) bool { return !slices.Contains(values, one) }), nil
	case "NumericLessThan":
		return there && slices.ContainsFunc(values, func(v string) bool { return less(got, v) }), nil
	default:
		return false, fmt.Errorf("the evaluator does not know the operator %s", operator)
	}
	return there && slices.ContainsFunc(values, equal), nil // a key that is not there matches no such operator
}

// likeARN compares the six parts of an ARN each for itself: a * does not reach over a colon.
func likeARN(pattern, text string) bool {
	wanted, parts := strings.SplitN(pattern, ":", 6), strings.SplitN(text, ":", 6)
	if len(wanted) != len(parts) {
		return false
	}
	for i := range parts {
		if !like(wanted[i], parts[i]) {
			return false
		}
	}
	return true
}

// less compares numbers; what is none is not less.
func less(a, b string) bool {
	x, wrong := strconv.ParseFloat(a, 64)
	y, wrongToo := strconv.ParseFloat(b, 64)
	return wrong == nil && wrongToo == nil && x < y
}

// like compares with * and ?.
func like(pattern, text string) bool {
	expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile("^(?s:" + expression + ")$").MatchString(text)
}

func list(v any) []any {
	if all, ok := v.([]any); ok {
		return all
	}
	return []any{v}
}

func texts(v any) ([]string, error) {
	var out []string
	for _, one := range list(v) {
		text, ok := one.(string)
		if number, isNumber := one.(float64); isNumber {
			text, ok = strconv.FormatFloat(number, 'g', -1, 64), true
		}
		if !ok {
			return nil, fmt.Errorf("%v is no text: resolve the template first", one)
		}
		out = append(out, text)
	}
	return out, nil
}

// Resolve replaces CloudFormation's Ref, Fn::Sub, Fn::GetAtt and Fn::Join by values, by the name within them such as AWS::AccountId or Store.Arn. What
// has no value is an error.
func Resolve(v any, values map[string]any) (any, error) {
	switch v := v.(type) {
	case []any:
		var out []any
		for _, one := range v {
			resolved, err := Resolve(one, values)
			if err != nil {
				return nil, err
			}
			if _, several := resolved.([]any); several {
				out = append(out, resolved.([]any)...)
				continue
			}
			out = append(out, resolved)
		}
		return out, nil
	case map[string]any:
		if name, ok := v["Ref"].(string); ok {
			return lookUp(name, values)
		}
		if text, ok := v["Fn::Sub"].(string); ok {
			return substitute(text, values)
		}
		if of, ok := v["Fn::GetAtt"].([]any); ok && len(of) == 2 {
			return lookUp(fmt.Sprintf("%v.%v", of[0], of[1]), values)
		}
		if parts, ok := v["Fn::Join"].([]any); ok && len(parts) == 2 {
			return join(parts, values)
		}
		out := map[string]any{}
		for key, one := range v {
			resolved, err := Resolve(one, values)
			if err != nil {
				return nil, err
			}
			out[key] = resolved
		}
		return out, nil
	}
	return v, nil
}

func lookUp(name string, values map[string]any) (any, error) {
	value, ok := values[name]
	if !ok {
		return nil, fmt.Errorf("there is no value for %s", name)
	}
	return value, nil
}

func join(parts []any, values map[string]any) (any, error) {
	resolved, err := Resolve(parts[1], values)
	if err != nil {
		return nil, err
	}
	joined, err := texts(resolved)
	return strings.Join(joined, fmt.Sprint(parts[0])), err
}

var reference = regexp.MustCompile(`\$\{([^}]+)\}`)

func substitute(text string, values map[string]any) (any, error) {
	var missing error
	out := reference.ReplaceAllStringFunc(text, func(found string) string {
		value, err := lookUp(found[2:len(found)-1], values)
		if err != nil {
			missing = err
			return ""
		}
		return fmt.Sprint(value)
	})
	return out, missing
}
