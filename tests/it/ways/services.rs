//! One test a service: they run side by side, each in an account of its own.

use crate::ways::tried::hold;

#[tokio::test]
async fn cloudwatch() {
    hold("cloudwatch").await;
}

#[tokio::test]
async fn cognito_idp() {
    hold("cognito-idp").await;
}

#[tokio::test]
async fn dynamodb() {
    hold("dynamodb").await;
}

#[tokio::test]
async fn kms() {
    hold("kms").await;
}

#[tokio::test]
async fn lambda() {
    hold("lambda").await;
}

#[tokio::test]
async fn logs() {
    hold("logs").await;
}

#[tokio::test]
async fn rds() {
    hold("rds").await;
}

#[tokio::test]
async fn s3() {
    hold("s3").await;
}

#[tokio::test]
async fn secretsmanager() {
    hold("secretsmanager").await;
}

#[tokio::test]
async fn sns() {
    hold("sns").await;
}

#[tokio::test]
async fn sqs() {
    hold("sqs").await;
}

#[tokio::test]
async fn wafv2() {
    hold("wafv2").await;
}
