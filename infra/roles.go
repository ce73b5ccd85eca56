package infra

import (
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"offpeak/infra/permit"
)

// addRole adds a role with exactly what permit says, as one inline policy, and managed ones for what IAM does not take in it.
func addRole(scope constructs.Construct, id string, r permit.Role) awsiam.CfnRole {
	name := jsii.String(r.Name)
	if permit.HasReference(r.Name) {
		name = sub(r.Name)
	}
	inline, beside := r.Split()
	role := awsiam.NewCfnRole(scope, jsii.String(id), &awsiam.CfnRoleProps{
		RoleName: name, Description: jsii.String("offpeak: " + r.For), AssumeRolePolicyDocument: permit.Document(r.Trust),
		Policies: []any{map[string]any{"policyName": "offpeak", "policyDocument": permit.Document(inline)}},
	})
	called(role, id)
	for i, part := range beside {
		more := id + "More" + strconv.Itoa(i+1)
		called(awsiam.NewCfnManagedPolicy(scope, jsii.String(more), &awsiam.CfnManagedPolicyProps{
			Description: jsii.String("offpeak: more of what " + id + " may do"), Roles: &[]any{role.Ref()}, PolicyDocument: permit.Document(part),
		}), more)
	}
	return role
}

// addPeople adds the roles by which people come, where some are named. Their ARN is what a profile of the AWS configuration names as role_arn.
func (h *hub) addPeople() {
	for _, r := range h.permit.People() {
		id := map[string]string{permit.OperatorRole: "OperatorRole", permit.ReaderRole: "ReaderRole"}[r.Name]
		addRole(h.stack, id, r)
		awscdk.NewCfnOutput(h.stack, jsii.String(id+"Arn"), &awscdk.CfnOutputProps{
			Description: jsii.String("role_arn of a profile for " + r.For), Value: sub("${" + id + ".Arn}"),
		})
	}
}

// policy is the policy document of a resource that CDK completes.
func policy(statements []permit.Statement) awsiam.PolicyDocument {
	document := awsiam.NewPolicyDocument(nil)
	for _, s := range statements {
		document.AddStatements(statement(s))
	}
	return document
}

// statement is a statement that CDK adds to others.
func statement(s permit.Statement) awsiam.PolicyStatement {
	return awsiam.PolicyStatement_FromJson(tokens(s.JSON()))
}

// tokens turns Fn::Sub into texts as CDK has them, where it takes nothing else.
func tokens(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = tokens(v[i])
		}
	case map[string]any:
		if text, ok := v["Fn::Sub"].(string); ok {
			return *sub(text)
		}
		for key := range v {
			v[key] = tokens(v[key])
		}
	}
	return v
}
