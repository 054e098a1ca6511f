/**
 * How a type says that traffic goes from one resource to another: attributes (in `snake_case`, without indexes) that name the sending and the
 * receiving one. Where a side is not given, it is the resource itself.
 */
export interface Route {
  readonly from?: RegExp;
  readonly to?: RegExp;
}

const ROUTES: readonly (readonly [RegExp, Route])[] = [
  [/(^|_)listener$/, { from: /^load_balancer_(arn|id)$/, to: /^default_actions?\b.*(target|server)_group_(arn|id)$/ }],
  [/listener_rule$/, { from: /^listener_(arn|id)$/, to: /^actions?\b.*target_group_arn$/ }],
  [/target_group_attachment$/, { from: /^target_group_arn$/, to: /^target_id$/ }],
  [/(^|_)elb(_load_balancer)?$/, { to: /^instances$/ }],
  [/elb_attachment$/, { from: /^elb$/, to: /^instance$/ }],
  [
    /autoscaling_(traffic_source_)?attachment$/,
    { from: /^((alb|lb)_target_group_arn|elb|traffic_source\.identifier)$/, to: /^autoscaling_group_name$/ },
  ],
  [/autoscaling_group$/, { from: /^(target_group_arns|load_balancers|traffic_source\.identifier)$/ }],
  [/ecs_service$/, { from: /^load_balancers?\.target_group_arn$/ }],
  [/forwarding_rule$/, { to: /^(target|backend_service)$/ }],
  [/target_(https?|tcp|ssl)_proxy$/, { to: /^(url_map|backend_service)$/ }],
  [/url_map$/, { to: /(^|\.|_)service$/ }],
  [/backend_service$/, { to: /^backends?\.group$/ }],
  [/route53_record$|dns_record_set$/, { to: /^(alias(es)?\.name|records|rrdatas)$/ }],
  [/cloudfront_distribution$/, { to: /^origins?\.domain_name$/ }],
  [/backend_address_pool_association$/, { from: /^backend_address_pool_id$/, to: /^network_interface_id$/ }],
  [/slb_attachment$/, { from: /^load_balancer_id$/, to: /^instance_ids$/ }],
  [/slb_backend_server$/, { from: /^load_balancer_id$/, to: /^backend_servers\.server_id$/ }],
];

/** The route that a type of this noun declares, if any. */
export function routeOfType(noun: string): Route | undefined {
  return ROUTES.find(([pattern]) => pattern.test(noun))?.[1];
}
