#pragma once
// ARNs that AWS has and that its Service Authorization Reference, from which the catalogue is made,
// does not list: resources of AWS's own, whose account is empty or `aws`, and older forms that
// services still make. Each was read on 2026-11-30 in the page of the service's guide that is named.

#include <string_view>

namespace ringwall::lint::detail {

struct ArnForm {
  std::string_view service;
  std::string_view arn;  // as the catalogue writes them
};

inline constexpr ArnForm arn_forms[] = {
    // docs.aws.amazon.com/systems-manager/latest/userguide/security_iam_service-with-iam.html: AWS's
    // documents, automations and public parameters belong to no account.
    {"ssm", "arn:${Partition}:ssm:${Region}::document/${DocumentName}"},
    {"ssm", "arn:${Partition}:ssm:${Region}::automation-definition/${Name}:${Version}"},
    {"ssm", "arn:${Partition}:ssm:${Region}::parameter/aws/${Name}"},
    // docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/control-access-with-iam.html
    {"cloudformation", "arn:${Partition}:cloudformation:${Region}:aws:transform/${TransformName}"},
    // docs.aws.amazon.com/resource-explorer/latest/userguide/manage-service-views.html
    {"resource-explorer-2", "arn:${Partition}:resource-explorer-2:${Region}::view/AWSServiceView${Name}"},
    // docs.aws.amazon.com/aws-backup/latest/devguide/access-control.html
    {"backup", "arn:${Partition}:backup:${Region}:${Account}:recovery-point:${RecoveryPointId}"},
    // docs.aws.amazon.com/autoscaling/application/userguide/security_iam_service-with-iam.html
    {"autoscaling", "arn:${Partition}:autoscaling:${Region}:${Account}:scalingPolicy:${Id}:resource/${Resource}"},
    // docs.aws.amazon.com/waf/latest/developerguide/classic-waf-auth-and-access-control.html
    {"waf", "arn:${Partition}:waf::${Account}:changetoken/${ChangeToken}"},
    {"waf-regional", "arn:${Partition}:waf-regional:${Region}:${Account}:changetoken/${ChangeToken}"},
    // docs.aws.amazon.com/apigateway/latest/developerguide/security_iam_service-with-iam.html
    {"apigateway", "arn:${Partition}:apigateway:${Region}::/tags"},
    {"apigateway", "arn:${Partition}:apigateway:${Region}::/v2/${Path}"},
};

}  // namespace ringwall::lint::detail
