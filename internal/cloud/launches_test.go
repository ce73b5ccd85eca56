package cloud_test

import (
	"testing"

	"offpeak/internal/cloud"
	"offpeak/internal/failure"
)

// TestWhyLaunchesFail reads messages as AWS documents them, or as people have published them.
func TestWhyLaunchesFail(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]failure.Class{
		"Could not launch Spot Instances. UnfulfillableCapacity - Unable to fulfill capacity due to your request configuration. Please adjust your request and try again. Launching EC2 instance failed.":                                                                                                                                  failure.Capacity,
		"Could not launch Spot Instances. UnfulfillableCapacity - There is no capacity available that matches your request. Launching EC2 instance failed.":                                                                                                                                                                                failure.Capacity,
		"Could not launch Spot Instances. InsufficientInstanceCapacity - There is no Spot capacity available that matches your request. Launching EC2 instance failed.":                                                                                                                                                                    failure.Capacity,
		"There is no Spot capacity available that matches your request. Launching EC2 instance failed.":                                                                                                                                                                                                                                    failure.Capacity,
		"Could not launch Spot Instances. SpotMaxPriceTooLow - Your Spot request price of 0.015 is lower than the minimum required Spot request fulfillment price of 0.0735.":                                                                                                                                                              failure.Capacity,
		"Your Spot request price of 0.015 is lower than the minimum required Spot request fulfillment price of 0.0735. Launching EC2 instance failed.":                                                                                                                                                                                     failure.Capacity,
		"We currently do not have sufficient m5.large capacity in the Availability Zone you requested (us-east-1a). Our system will be working on provisioning additional capacity. You can currently get m5.large capacity by not specifying an Availability Zone in your request or choosing us-east-1b. Launching EC2 instance failed.": failure.Capacity,

		"Max spot instance count exceeded. Launching EC2 instance failed.":                                                                        failure.Quota,
		"Could not launch Spot Instances. MaxSpotInstanceCountExceeded - Max spot instance count exceeded. Launching EC2 instance failed.":        failure.Quota,
		"Could not launch Spot Instances. VcpuLimitExceeded - You have requested more vCPU capacity than your current vCPU limit of 8 allows.":    failure.Quota,
		"You have requested more vCPU capacity than your current vCPU limit of 32 allows for the instance bucket. Launching EC2 instance failed.": failure.Quota,

		"Could not launch On-Demand Instances. VcpuLimitExceeded - You have requested more vCPU capacity than your current vCPU limit of 0 allows for the instance bucket that the specified instance type belongs to.":       failure.Other,
		"Could not launch On-Demand Instances. InsufficientInstanceCapacity - We currently do not have sufficient p3dn.24xlarge capacity in the Availability Zone you requested (us-west-2c). Launching EC2 instance failed.": failure.Other,
		"Could not launch Spot Instances. InvalidParameterCombination - The specified instance type is not eligible for Free Tier.":                                                                                           failure.Other,
		"Could not launch Spot Instances. InvalidFleetConfiguration - Your requested instance type (p3.8xlarge) is not supported in your requested Availability Zone (us-east-2c). Launching EC2 instance failed.":            failure.InvalidState,
		"The requested configuration is currently not supported. Launching EC2 instance failed.":                                                                                                                              failure.InvalidState,
		"The security group 'sg-0a1' does not exist. Launching EC2 instance failed.":                                                                                                                                          failure.Gone,
		"Instance became unhealthy while waiting for instance to be in InService state. Termination Reason: Client.InternalError: Client error on launch":                                                                     failure.Key,
		"You are not authorized to perform this operation. Encoded authorization failure message: abc. Launching EC2 instance failed.":                                                                                        failure.Denied,
		"": failure.Other,
		"a new text of AWS's that nobody has seen": failure.Other,
	} {
		if got := cloud.ClassifyLaunch(message); got != want {
			t.Errorf("%q is %s, not %s", message, got, want)
		}
	}
}
