package billing

import (
	"strings"
	"unicode"
)

// TagKey is the key under which CUR 2.0's resource_tags hold a tag: TagKey("env") is "user_env", TagKey("aws:autoscaling:groupName") is
// "aws_autoscaling_group_name". A capital becomes a small letter after an underscore and what is neither letter nor digit an underscore, as published queries have
// it (user_cost_center, aws_created_by for aws:createdBy). AWS does not document the rule; that letters of other scripts stay is our reading.
func TagKey(tag string) string {
	if !strings.HasPrefix(tag, "aws:") {
		tag = "user:" + tag
	}
	var key strings.Builder
	last := '_'
	for _, r := range tag {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			r = '_'
		case unicode.IsUpper(r):
			if last != '_' && !unicode.IsUpper(last) {
				key.WriteByte('_')
			}
		}
		if r != '_' || last != '_' {
			key.WriteRune(unicode.ToLower(r))
		}
		last = r
	}
	return strings.TrimSuffix(key.String(), "_")
}

// TagSpellings are the keys under which an export may hold a tag: as the owner writes it, as FOCUS has it, and as CUR 2.0 has it, which FOCUS exports of AWS have
// been seen with too.
func TagSpellings(tag string) []string {
	if key := TagKey(tag); key != tag {
		return []string{tag, key}
	}
	return []string{tag}
}
