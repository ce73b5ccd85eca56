package bucket

import (
	"errors"
	"fmt"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"offpeak/internal/cloud"
	"offpeak/internal/failure"
)

// explain says what was asked of which object, and where a setting is wrong, which.
func (s *Store) explain(verb, key string, err error) error {
	classified := cloud.Classify(err)
	if region := s.otherRegion(err); region != "" {
		return fmt.Errorf("%s %s: the bucket is in %s: set that as its region: %w", verb, s.place(key), region, classified)
	}
	switch failure.Of(classified) {
	case failure.Gone:
		return fmt.Errorf("%s %s: there is no such bucket: check its name, and that the hub's stack is deployed: %w", verb, s.place(key), classified)
	case failure.Denied:
		return fmt.Errorf("%s %s: the role needs s3:GetObject, s3:PutObject and s3:DeleteObject on the objects and s3:ListBucket on the bucket: %w",
			verb, s.place(key), classified)
	default:
		return fmt.Errorf("%s %s: %w", verb, s.place(key), classified)
	}
}

// otherRegion returns the region in which S3 says that the bucket is, if it is not the one that was asked: the SDK does not follow redirects.
func (s *Store) otherRegion(err error) string {
	answer, ok := errors.AsType[*awshttp.ResponseError](err)
	if !ok || answer.Response == nil {
		return ""
	}
	region := answer.Response.Header.Get("X-Amz-Bucket-Region")
	if region == s.client.Options().Region {
		return ""
	}
	return region
}
