package evaluate_test

import (
	"encoding/json"
	"strings"
	"testing"

	"offpeak/infra/evaluate"
)

func document(t *testing.T, statements string) []map[string]any {
	t.Helper()
	var d map[string]any
	if err := json.Unmarshal([]byte(`{"Version": "2012-10-17", "Statement": [`+statements+`]}`), &d); err != nil {
		t.Fatal(err)
	}
	return []map[string]any{d}
}

// TestTheRules are those of the IAM user guide, one by one.
func TestTheRules(t *testing.T) {
	t.Parallel()
	const stop = `{"Sid": "Stop", "Effect": "Allow", "Action": "ec2:StopInstances", "Resource": "arn:aws:ec2:*:1:instance/*"`
	one := func(context ...string) evaluate.Request {
		r := evaluate.Resource{ARN: "arn:aws:ec2:eu-south-1:1:instance/i-1", Context: map[string]string{}}
		for i := 0; i < len(context); i += 2 {
			r.Context[context[i]] = context[i+1]
		}
		return evaluate.Request{Action: "ec2:StopInstances", Resources: []evaluate.Resource{r}}
	}
	for _, test := range []struct {
		name, statements string
		request          evaluate.Request
		want             evaluate.Decision
	}{
		{"what nothing allows is denied", `{"Effect": "Allow", "Action": "ec2:StartInstances", "Resource": "*"}`, one(), evaluate.Decision{}},
		{"what is allowed is", stop + `}`, one(), evaluate.Decision{Allowed: true, By: "Stop"}},
		{"actions do not heed case", strings.Replace(stop, "StopI", "stopi", 1) + `}`, one(), evaluate.Decision{Allowed: true, By: "Stop"}},
		{"a Deny beats every Allow", stop + `}, {"Sid": "No", "Effect": "Deny", "Action": "ec2:*", "Resource": "*"}`, one(), evaluate.Decision{By: "No"}},
		{"also where it comes first", `{"Sid": "No", "Effect": "Deny", "Action": "ec2:*", "Resource": "*"}, ` + stop + `}`, one(), evaluate.Decision{By: "No"}},
		{"a key that is there", stop + `, "Condition": {"Null": {"aws:ResourceTag/a": "false"}}}`, one("aws:ResourceTag/a", ""), evaluate.Decision{Allowed: true, By: "Stop"}},
		{"a key that is not", stop + `, "Condition": {"Null": {"aws:ResourceTag/a": "false"}}}`, one(), evaluate.Decision{}},
		{"keys do not heed case", stop + `, "Condition": {"StringEquals": {"aws:ResourceTag/A": "x"}}}`, one("aws:resourcetag/a", "x"), evaluate.Decision{Allowed: true, By: "Stop"}},
		{"values do", stop + `, "Condition": {"StringEquals": {"aws:ResourceTag/a": "x"}}}`, one("aws:ResourceTag/a", "X"), evaluate.Decision{}},
		{"but not for the operator that says so", stop + `, "Condition": {"StringEqualsIgnoreCase": {"aws:ResourceTag/a": "x"}}}`, one("aws:ResourceTag/a", "X"), evaluate.Decision{Allowed: true, By: "Stop"}},
		{"of values one will do", stop + `, "Condition": {"StringEquals": {"k": ["x", "y"]}}}`, one("k", "y"), evaluate.Decision{Allowed: true, By: "Stop"}},
		{"of keys all must", stop + `, "Condition": {"StringEquals": {"k": "x", "l": "y"}}}`, one("k", "x"), evaluate.Decision{}},
		{"of operators all must", stop + `, "Condition": {"StringEquals": {"k": "x"}, "Bool": {"b": "true"}}}`, one("k", "x", "b", "false"), evaluate.Decision{}},
		{"a missing key matches no operator", stop + `}, {"Effect": "Deny", "Action": "ec2:*", "Resource": "*", "Condition": {"StringEquals": {"k": "x"}}}`, one(), evaluate.Decision{Allowed: true, By: "Stop"}},
		{"a ? is one character", strings.Replace(stop, ":1:", ":?:", 1) + `}`, one(), evaluate.Decision{Allowed: true, By: "Stop"}},
		{"an ARN is compared part by part", stop + `, "Condition": {"ArnLike": {"k": "arn:aws:iam::1:role/ops/*"}}}`, one("k", "arn:aws:iam::1:role/ops/a/b"), evaluate.Decision{Allowed: true, By: "Stop"}},
		{"and a * reaches over no colon", stop + `, "Condition": {"ArnLike": {"k": "arn:aws:iam::*:role/ops"}}}`, one("k", "arn:aws:iam::1:user:role/ops"), evaluate.Decision{}},
		{"as it does in a text", stop + `, "Condition": {"StringLike": {"k": "a*c"}}}`, one("k", "a:b:c"), evaluate.Decision{Allowed: true, By: "Stop"}},
		{"all of several values", stop + `, "Condition": {"ForAllValues:StringEquals": {"k": ["a", "b"]}}}`, one("k", "b,a"), evaluate.Decision{Allowed: true, By: "Stop"}},
		{"but for one", stop + `, "Condition": {"ForAllValues:StringEquals": {"k": ["a", "b"]}}}`, one("k", "a,c"), evaluate.Decision{}},
		{"none are all", stop + `, "Condition": {"ForAllValues:StringEquals": {"k": ["a", "b"]}}}`, one(), evaluate.Decision{Allowed: true, By: "Stop"}},
		{"a number that is less", stop + `, "Condition": {"NumericLessThan": {"k": 1.2}}}`, one("k", "1.1"), evaluate.Decision{Allowed: true, By: "Stop"}},
		{"a number that is not", stop + `, "Condition": {"NumericLessThan": {"k": 1.2}}}`, one("k", "1.2"), evaluate.Decision{}},
		{"what else a pattern holds is itself", strings.Replace(stop, "instance/*", "instance/i.1", 1) + `}`, one(), evaluate.Decision{}},
	} {
		got, err := evaluate.Decide(document(t, test.statements), test.request)
		if err != nil || got != test.want {
			t.Errorf("%s: %+v, %v, want %+v", test.name, got, err, test.want)
		}
	}
}

// TestWhatItDoesNotKnow is refused: an evaluator that guesses proves nothing.
func TestWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for _, statement := range []string{
		`{"Effect": "Allow", "NotAction": "ec2:*", "Resource": "*"}`,
		`{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"a": "b"}}}`,
		`{"Effect": "Allow", "Action": "*", "Resource": {"Fn::Sub": "${Store.Arn}"}}`,
		`{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": ["x"]}`,
	} {
		if got, err := evaluate.Decide(document(t, statement), evaluate.Request{Action: "ec2:StopInstances"}); err == nil {
			t.Errorf("%s: %+v", statement, got)
		}
	}
	if _, err := evaluate.Resolve(map[string]any{"Fn::Sub": "${Nobody}"}, map[string]any{}); err == nil {
		t.Error("a name without a value is resolved")
	}
}
