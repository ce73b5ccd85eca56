package permit_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"offpeak/infra/permit"
)

// services are the prefixes that IAM has for the SDK's packages.
var services = map[string]string{
	"account": "account", "applicationautoscaling": "application-autoscaling", "autoscaling": "autoscaling", "cloudformation": "cloudformation", "cloudwatch": "cloudwatch",
	"ec2": "ec2", "ecs": "ecs", "organizations": "organizations", "pricing": "pricing", "rds": "rds", "resourcegroupstaggingapi": "tag",
	"athena": "athena", "sesv2": "ses", "elasticloadbalancingv2": "elasticloadbalancing", "servicequotas": "servicequotas", "s3": "s3", "sns": "sns", "sqs": "sqs", "sts": "sts", "wellarchitected": "wellarchitected", "savingsplans": "savingsplans",
}

// renamed are calls that IAM names otherwise (Service Authorization Reference); empty: no permission is asked for.
var renamed = map[string]string{
	"s3:ListObjectsV2": "s3:ListBucket", "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock", "sqs:SendMessageBatch": "sqs:SendMessage", "sts:GetCallerIdentity": "",
	"s3:CopyObject": "s3:PutObject", "s3:HeadObject": "s3:GetObject",
}

// byHand are packages whose calls none of offpeak's roles makes: people's own credentials do.
var byHand = []string{"owner", "moto"}

// beside are actions that no code of offpeak's calls by itself, and why they are allowed.
var beside = map[string]string{
	"rds:CreateDBSnapshot":   "asked for by RDS, in the caller's name, when a stop is to take a snapshot",
	"ec2:RunInstances":       "asked of who writes a launch template into a group, by Auto Scaling",
	"ec2:CreateTags":         "asked for by EC2 where a launch says the tags of its instance",
	"ec2:DeleteSnapshot":     "asked for by EC2, in the caller's name, when an image is removed with its snapshots",
	"iam:PassRole":           "the same of the template's instance profile",
	"sts:AssumeRole":         "called by the SDK's provider of credentials",
	"ssm:GetParameter":       "called by internal/cloud/killswitch without the SDK's client",
	"ssm:PutParameter":       "people set the kill switch by the AWS CLI",
	"kms:CreateGrant":        "asked for by EC2, in the caller's name, when an instance starts",
	"kms:Decrypt":            "asked for by S3 and SNS in the caller's name",
	"kms:GenerateDataKey":    "the same",
	"sqs:ReceiveMessage":     "called by Lambda, in the function's name",
	"sqs:DeleteMessage":      "the same",
	"sqs:GetQueueAttributes": "the same",
	"logs:CreateLogStream":   "the same",
	"logs:PutLogEvents":      "the same",
	"lambda:InvokeFunction":  "called by the clock",
	"events:PutEvents":       "called by rules",

	"ses:SendRawEmail":              "asked for by SES of who sends a mail that is written already",
	"s3:GetBucketLocation":          "called by Athena, in the caller's name",
	"s3:ListBucketMultipartUploads": "the same",
	"s3:AbortMultipartUpload":       "the same",
	"s3:ListMultipartUploadParts":   "the same",
	"glue:GetDatabase":              "the same",
	"glue:GetTable":                 "the same",
	"glue:GetPartitions":            "the same",
}

// TestWhatIsAllowedIsWhatIsCalled reads the source of everything that talks to AWS and compares both ways: a call that no role allows fails on
// the first customer's account, and a permission that nothing uses is one too many.
func TestWhatIsAllowedIsWhatIsCalled(t *testing.T) {
	t.Parallel()
	called := calls(t, filepath.Join("..", "..", "internal", "cloud"))
	if len(called) < 30 {
		t.Fatalf("only %d calls were found: %v", len(called), slices.Sorted(maps.Keys(called)))
	}
	allowed := map[string][]string{}
	for _, r := range roles() {
		for _, s := range r.Statements {
			for _, action := range s.Actions {
				if s.Effect == permit.Allow && !slices.Contains(allowed[action], r.Name) {
					allowed[action] = append(allowed[action], r.Name)
				}
			}
		}
	}
	for _, action := range slices.Sorted(maps.Keys(called)) {
		if allowed[action] == nil {
			t.Errorf("%s is called in %s, and no role allows it", action, called[action])
		}
	}
	for _, action := range slices.Sorted(maps.Keys(allowed)) {
		if called[action] == "" && beside[action] == "" {
			t.Errorf("%s is allowed to %v, and nothing calls it", action, allowed[action])
		}
	}
	for action := range beside {
		if allowed[action] == nil {
			t.Errorf("%s is explained, and not allowed to anybody", action)
		}
	}
}

// calls finds the inputs of calls, which each call of the SDK has: &ec2.StopInstancesInput{...}.
func calls(t *testing.T, root string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && slices.Contains(byHand, entry.Name()) {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			return callsOf(path, found)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func callsOf(path string, found map[string]string) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return err
	}
	packages := map[string]string{} // by the name that they have in the file
	for _, i := range file.Imports {
		to := strings.Trim(i.Path.Value, `"`)
		_, name, ok := strings.Cut(to, "aws-sdk-go-v2/service/")
		if !ok || services[name] == "" {
			continue
		}
		local := name
		if i.Name != nil {
			local = i.Name.Name
		}
		packages[local] = services[name]
	}
	ast.Inspect(file, func(n ast.Node) bool {
		literal, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		if selector, ok := literal.Type.(*ast.SelectorExpr); ok {
			name, ok := selector.X.(*ast.Ident)
			call, isInput := strings.CutSuffix(selector.Sel.Name, "Input")
			if ok && isInput && packages[name.Name] != "" {
				action := packages[name.Name] + ":" + call
				if other, ok := renamed[action]; ok {
					action = other
				}
				if action != "" {
					found[action] = path
				}
			}
		}
		return true
	})
	return nil
}
